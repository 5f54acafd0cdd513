"""What `prefect deploy` reads from the folder in which it is typed; a build step of prefect.yaml."""

from __future__ import annotations

from nightschool.settings import load_settings


def read_schedule() -> dict[str, str]:
    """When the night starts, by the folder's settings: `cron` and `timezone`, the one whose midnights bound the days.

    Raises:
        ConfigError: where the settings can't be used.
    """
    settings = load_settings()
    return {"cron": settings.schedule.cron, "timezone": settings.timezone}
