"""What was promoted is served: from the outbox, in one step, as often as anybody likes."""

import json

import pytest

from nightschool import load_prompt
from nightschool.errors import PromotionError
from nightschool.publishing import publish_owed
from nightschool.settings import Settings
from tests.unit.registry.nights import SEED, a_night, promoted


def test_a_promotion_is_served(registry, tmp_path):
    text = "Trả lời {value} và $$\n\u2028 \N{GRINNING FACE} \\n"
    made = promoted(registry, a_night(), text)
    assert publish_owed(registry, Settings(home=tmp_path)) == ("support",)
    served = load_prompt("support", home=tmp_path)
    assert (served.text, served.version, served.promoted_at, served.is_default) == (text, made.version, made.at, False)
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_domain_has_a_file_of_its_own(registry, tmp_path):
    promoted(registry, a_night(), "Answer with the bare value.")
    promoted(registry, a_night(target="support/math"), "Answer with the bare number.")
    publish_owed(registry, Settings(home=tmp_path))
    assert load_prompt("support/math", home=tmp_path).text == "Answer with the bare number."
    assert load_prompt("support", home=tmp_path).text == "Answer with the bare value."


def test_publishing_again_writes_nothing(registry, tmp_path):
    promoted(registry, a_night(), "Answer with the bare value.")
    assert len(publish_owed(registry, Settings(home=tmp_path))) == 1
    assert publish_owed(registry, Settings(home=tmp_path)) == ()
    assert registry.pending("publish") == ()
    assert [item.kind for item in registry.pending()] == ["event"]


def test_two_owed_promotions_serve_the_later_one(registry, tmp_path):
    promoted(registry, a_night(21), "Answer with the bare value.")
    later = promoted(registry, a_night(22), "Answer in one line.")
    assert len(publish_owed(registry, Settings(home=tmp_path))) == 1
    assert load_prompt("support", home=tmp_path).version == later.version
    assert registry.pending("publish") == ()


def test_other_tracks_and_seeds_are_never_served(registry, tmp_path):
    registry.begin(a_night(target="seeded"), SEED)
    promoted(registry, a_night(track="backfill/7"), "Answer with the bare value.")
    assert publish_owed(registry, Settings(home=tmp_path)) == ()
    assert not (tmp_path / "served").exists()


def test_a_target_that_can_not_be_written_keeps_no_other_back_and_stays_owed(registry, tmp_path):
    promoted(registry, a_night(target="blocked/math"), "Answer with the bare number.")
    promoted(registry, a_night(), "Answer with the bare value.")
    served = tmp_path / "served"
    served.mkdir()
    (served / "blocked").write_text("a file where a folder must be")
    with pytest.raises(PromotionError, match="blocked/math"):
        publish_owed(registry, Settings(home=tmp_path))
    assert json.loads((served / "support.json").read_text())["text"] == "Answer with the bare value."
    assert [item.target for item in registry.pending("publish")] == ["blocked/math"]

    (served / "blocked").unlink()
    publish_owed(registry, Settings(home=tmp_path))
    assert load_prompt("blocked/math", home=tmp_path).text == "Answer with the bare number."
