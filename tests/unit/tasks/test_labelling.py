"""Who labels a night's questions, and that the stage is done anew where another does."""

from contextlib import asynccontextmanager
from datetime import date

import pytest

import tasks.labelling
import tasks.prepare
from nightschool.dataset import load_splits
from nightschool.errors import ConfigError, TransientError
from nightschool.records import DataPolicy, ModelPolicy, Night
from nightschool.settings import load_settings
from tasks.labelling import labelled_by
from tasks.prepare import prepare, settle_sets
from tests.data_site import Site, a_turn

NIGHT = Night(target="support", run_date=date(2026, 11, 20))
OURS = """
from nightschool.dataset.labels import Labels

class Ours:
    def label(self, questions):
        return [Labels(category="ours") for _ in questions]
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks.prepare, "prepare", prepare.fn)
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)


def settings_of(folder, labeller, **models):
    return load_settings(home=folder, target="support", data=DataPolicy(labeller=labeller), models=ModelPolicy(**models))


def categories(site, settings):
    turns = site.extract([a_turn(f"r{n}", f"Where is parcel {n}?") for n in range(5)]).turns
    splits = load_splits(site.store, settle_sets(turns, NIGHT, settings=settings).examples)
    return {one.category for one in splits.train + splits.validation + splits.held_out}


def test_rules_ask_nobody(site, tmp_path):
    settings = settings_of(tmp_path, "rules")
    assert (labelled_by(settings), categories(site, settings)) == ((), {"conversation"})
    assert not (tmp_path / "journal.db").exists()


def test_a_sites_own_labeller_names_the_questions(site, tmp_path):
    (tmp_path / "our_night_labels.py").write_text(OURS)
    settings = settings_of(tmp_path, "our_night_labels:Ours")
    before = labelled_by(settings)
    assert categories(site, settings) == {"ours"}
    (tmp_path / "our_night_labels.py").write_text(OURS.replace("ours", "theirs"))
    assert labelled_by(settings) != before


def test_a_labeller_that_is_not_there_stops_the_night_before_it_costs_anything(site, tmp_path):
    with pytest.raises(ConfigError, match="no_such_labels"):
        categories(site, settings_of(tmp_path, "no_such_labels:Ours"))


def test_another_model_labels_anew(tmp_path):
    one, other = (labelled_by(settings_of(tmp_path, "llm", labeller_model=name)) for name in ("", "large"))
    assert (one, other) == (("llm", "gpt-4o-mini"), ("llm", "large"))


def test_without_a_model_the_rules_labels_stand(site, tmp_path, monkeypatch):
    class Deaf:
        async def ask_for(self, *asked, **options):
            raise TransientError("nobody there")

    @asynccontextmanager
    async def open_deaf(*given):
        yield Deaf()

    monkeypatch.setattr(tasks.labelling, "open_llm", open_deaf)
    assert categories(site, settings_of(tmp_path, "llm")) == {"conversation"}
