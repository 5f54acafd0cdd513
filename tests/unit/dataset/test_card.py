"""The card: what happened to the turns, what the sets are made of, and that they do not overlap."""

from datetime import timedelta

from nightschool.dataset import prepare_into
from nightschool.dataset.card import card_as_markdown
from nightschool.dataset.night_data import files_in_folder
from nightschool.records import DataPolicy, ToolCall
from nightschool.sources import BadRow
from tests.data_site import NOON, SALT, WINDOW, ListSource, a_turn

ROWS = [a_turn(f"r{n}", f"Question number {n}?", created_at=NOON + timedelta(days=n % 5)) for n in range(40)]
ROWS += [a_turn("same", "question number 3"), a_turn("hi", "hello"), BadRow(run_id="b", session_id="s", reason="broken | <b>")]
LENIENT = DataPolicy(max_quarantined_share=1)


def test_held_out_sessions_are_counted_and_those_that_a_promotion_used_are_marked(site):
    prepared = site.prepare(ROWS)
    held_out = sorted(row["session_id"] for row in site.rows(prepared.examples) if row["set"] == "held_out")
    again = site.prepare(ROWS, examined=held_out[:3])
    assert site.store.read_json(again.card)["held_out"] == {
        "sessions": len(held_out),
        "used_by_promotions": 3,
        "left": len(held_out) - 3,
        "days": 5,
        "per_day": round(len(held_out) / 5, 2),
    }
    assert sorted(row["session_id"] for row in site.rows(again.examples) if row["examined"]) == held_out[:3]


def test_every_set_says_which_share_of_the_traffic_it_stands_for(site):
    card = site.store.read_json(site.prepare(ROWS).card)
    assert card["questions"] == {"turns": 41, "distinct": 40, "clusters": 40}
    assert sum(figures["traffic_share"] for figures in card["sets"].values()) == 1


def test_the_overlap_is_looked_for_anew(site):
    rows = [a_turn(f"r{n}", f"{word} is a word of its own") for n, word in enumerate(("zebra", "quilt", "fjord", "nymph") * 9)]
    rows = [row.model_copy(update={"question": f"{row.question} {n * 7919}"}) for n, row in enumerate(rows)]
    overlap = site.store.read_json(site.prepare(rows).card)["overlap"]
    assert overlap["pairs_too_alike"] == 0
    assert {tuple(one["between"]) for one in overlap["greatest_likeness"]} == {
        ("held_out", "validation"),
        ("held_out", "train"),
        ("validation", "train"),
    }
    for one in overlap["greatest_likeness"]:
        assert 0.5 < one["greatest"] < 1


def test_the_card_says_what_share_of_the_traffic_can_be_replayed(site):
    def calling(*calls):
        return {"tool_calls": tuple(ToolCall(name=name, arguments=args, result=result) for name, args, result in calls)}

    rows = [
        a_turn("r0", "What is zebra?"),
        a_turn("r1", "Where is fjord?", **calling(("look_up", '{"a": 1}', "here"), ("look_up", "{}", ""))),
        a_turn("r2", "Where is quilt?", **calling(("look_up", "{}", "there"), ("book", '{"n": "cu', "done"))),
        a_turn("r3", "Where is nymph?", **calling(("book", "{}", None), ("book", "{}", "done"))),
    ]
    card = site.store.read_json(site.prepare(rows).card)
    assert card["tools"] == {
        "turns": {"without_tools": 1, "recorded": 1, "unrecorded": 2},
        "share": 0.5,
        "by_tool": {"book": {"turns": 2, "recorded": 0}, "look_up": {"turns": 2, "recorded": 2}},
    }
    page = card_as_markdown(card)
    assert "50.0 % of the traffic can be replayed: 1 turns used no tool" in page
    assert "| book | 2 | 0 |" in page


def test_the_page_says_what_the_card_says(site):
    page = card_as_markdown(site.store.read_json(site.prepare(ROWS).card))
    assert "43 turns were read" in page
    assert "| kept | 40 |" in page
    assert "| quarantined | broken \\| &lt;b> | 1 |" in page
    assert "A small site" in page
    assert "| unlabelled | " in page
    assert "\n\n\n" not in page


def test_a_folder_to_look_into_has_all_files_and_the_ledger_stays_as_it_is(site, tmp_path):
    ledger = site.store.path(site.prepare(ROWS[:20]).ledger)
    before = ledger.read_bytes()
    out = tmp_path / "look" / "here"
    made = prepare_into(
        out,
        ListSource(ROWS),
        site.feedback,
        WINDOW,
        policy=LENIENT,
        salt=SALT,
        as_of=NOON + timedelta(days=30),
        ledger=ledger,
    )
    assert ledger.read_bytes() == before
    assert files_in_folder(out).audit.is_file()
    assert (out / "card.md").read_text().startswith("# Data card")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["turns_audit.parquet", "examples.parquet", "quarantine.parquet", "card.json", "card.md"]
    )
    assert made.examples == site.prepare(ROWS, ledger=site.prepare(ROWS[:20]).ledger, policy=LENIENT).examples
