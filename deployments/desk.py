"""What is served: the agent of this folder's settings, or where there are none the demo's desk on a real small model."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nightschool.errors import NightschoolError
from nightschool.settings import SETTINGS_FILE, load_settings

DEMO_FOLDER = Path(".demo") / "up"
DEMO_MODEL_URL = "NIGHTSCHOOL_DEMO_MODEL_URL"


@contextlib.contextmanager
def folder_to_serve(say: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Make the folder to serve the working directory for the block; the demo's model runs as long.

    Yields what is left to do while the server runs already, before the first run may start.
    """
    if Path(SETTINGS_FILE).exists() or load_settings().agent:
        yield lambda: None
        return
    say(f"There is no {SETTINGS_FILE} here: this serves the demo's support desk, in {DEMO_FOLDER}.")
    folder = DEMO_FOLDER.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _demo_model(folder) as settings, contextlib.chdir(folder), _variables(settings):
        _write_settings()
        yield lambda: _answer_yesterday(say)


@contextlib.contextmanager
def _demo_model(folder: Path) -> Iterator[dict[str, str]]:
    from nightschool import local_model

    with local_model.start(folder / "model.log") as url:
        key = os.environ.get("OPENAI_API_KEY", "not-needed-here")
        yield {DEMO_MODEL_URL: url, "NIGHTSCHOOL_MODELS__BASE_URL": url, "OPENAI_API_KEY": key}


@contextlib.contextmanager
def _variables(settings: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _write_settings() -> None:
    _demo("settings")


def _answer_yesterday(say: Callable[[str], None]) -> None:
    say("The desk answers yesterday's mail, if it has not yet: a minute or two, once a day.")
    _demo("answer")


def _demo(what: str) -> None:
    """The demo stands above this room, so that it is typed as a command and not imported."""
    done = subprocess.run([sys.executable, "-m", "demo.yesterday", what], check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise NightschoolError("The demo's desk could not be made ready.", next_step="Look into model.log in its folder.")
