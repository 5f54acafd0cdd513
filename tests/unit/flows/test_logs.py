"""Which lines of a night reach the terminal, and how they look."""

import logging
from pathlib import Path

import pytest

from flows.logs import CACHED, _is_news, _StageFormatter, plain_logs


def a_record(message, *, path="/lib/tasks/extract.py", level=logging.INFO, stage=""):
    record = logging.LogRecord("any", level, path, 1, message, (), None)
    if stage:
        record.task_run_name = f"{stage}-3f9"
    return record


ENGINE = "/site-packages/prefect/task_engine.py"


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (a_record("420 turns"), True),
        (a_record("Beginning flow run", path=ENGINE), False),
        (a_record(f"{CACHED}(type=COMPLETED)", path=ENGINE), True),
        (a_record("Task run failed with exception: … - Retry 1/3 will start 5 second(s) from now", path=ENGINE), True),
        (a_record("Finished in state Failed('…')", path=ENGINE, level=logging.ERROR), False),
        (a_record("Agent is slow", path="C:\\lib\\agno\\agent.py", level=logging.WARNING), True),
    ],
    ids=lambda value: value.getMessage()[:20] if isinstance(value, logging.LogRecord) else str(value),
)
def test_the_stages_own_lines_are_news_and_the_engines_mostly_not(record, shown):
    assert _is_news(record) is shown


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (a_record("420 turns", stage="extract"), "extract: 420 turns"),
        (a_record("  Avg Reward: 0.40 ↑", stage="train"), "  Avg Reward: 0.40 ↑"),
        (a_record(f"{CACHED}(…)", stage="prepare"), "prepare: done before, nothing to do"),
        (a_record("without a stage"), "without a stage"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_names_its_stage(record, line):
    assert _StageFormatter().format(record) == line


def test_the_file_has_every_line_and_the_loggers_are_put_back(tmp_path: Path):
    root = logging.getLogger()
    before = list(root.handlers)
    with plain_logs(tmp_path):
        logging.getLogger("prefect.task_runs").info("Created task run")
    assert root.handlers == before
    assert "Created task run" in (tmp_path / "logs" / "nightschool.log").read_text()
