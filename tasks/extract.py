"""Extract: the window's turns, out of the agent's memory and the feedback."""

from __future__ import annotations

from nightschool.dataset import Extracted, load_or_create_salt
from nightschool.dataset import extract as extract_turns
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, NightStart, SourcePolicy, Window
from nightschool.settings import Settings
from nightschool.sources import open_source
from tasks.caching import stage
from tasks.logs import stage_logger
from tasks.workshop import artifacts


@stage(
    "extract",
    [f"nightschool.{room}" for room in ("dataset", "sources", "feedback", "stats", "records")],
    where=["settings"],
)
def extract(
    start: NightStart,
    window: Window,
    agent_db: str,
    agent_id: str,
    policy: DataPolicy,
    reading: SourcePolicy,
    *,
    settings: Settings,
) -> Extracted:
    """Read the window's turns, with the feedback that was given before the night started.

    The first reading of a night is the night's: turns and ratings that arrive later belong to the next one.
    A date of a backfill knows only what was said before the date was over.
    """
    found = extract_turns(
        open_source(agent_db, agent_id=agent_id, policy=reading),
        FeedbackBook(settings.database_url("feedback")),
        window,
        as_of=min(start.started_at, window.end) if start.night.is_backfilled else start.started_at,
        salt=load_or_create_salt(settings.home),
        policy=policy,
        store=artifacts(settings),
        reading=reading,
    )
    stage_logger().info("%d turns from %s to %s UTC", found.turns.rows, f"{window.start:%Y-%m-%d}", f"{window.end:%Y-%m-%d}")
    return found
