"""`verify` and `export --proof` on the command line."""

import json

from nightschool.registry import Registry


def test_verdicts_without_grounds_are_told_and_are_no_fault(cli, versions):
    ended = cli("verify")
    assert (ended.exit_code, "3 verdicts of default on production: none differ" in ended.output) == (0, True), ended.output
    assert ended.output.count("older than stored grounds") == 3


def test_a_reward_that_somebody_changed_is_found(cli, versions, folder):
    import sqlalchemy as sa

    from nightschool.records import Grounds

    url = f"sqlite:///{folder / '.nightschool' / 'registry.db'}"
    with Registry(url) as registry:
        (*_, last) = registry.verdicts("production", "default")
    with sa.create_engine(url).begin() as connection:
        row = {"verdict_id": last.verdict_id, "test_id": "t1", "grounds": Grounds(test_id="t1").model_dump_json()}
        connection.execute(sa.text("INSERT INTO registry_grounds VALUES (:verdict_id, :test_id, :grounds)"), row)
    ended = cli("verify")
    assert ended.exit_code == 1, ended.output
    assert f"✗ 2026-11-21 {last.verdict_id} promote: another one by its reward rows" in ended.output


def test_a_target_that_nobody_knows_is_no_target_in_order(cli, versions):
    ended = cli("verify", "--target", "defualt")
    assert (ended.exit_code, "defualt" in ended.output, "default on production" in ended.output) == (2, True, True), ended.output


def test_a_promotion_without_a_test_has_no_proof(cli, versions):
    ended = cli("export", "--proof", "proof.json")
    assert (ended.exit_code, "older than proofs are" in ended.output) == (3, True), ended.output


def test_a_file_is_checked_without_a_home(cli, folder):
    (folder / "proof.json").write_text(json.dumps({"schema": "other"}))
    ended = cli("verify", "proof.json")
    assert (ended.exit_code, "is no proof" in ended.output) == (2, True), ended.output
