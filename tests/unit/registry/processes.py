"""What the registry's tests run in processes of their own."""

import os
import signal
from pathlib import Path

from nightschool.errors import IncumbentMoved
from nightschool.llm import Journal
from nightschool.publishing import publish_owed, served_files
from nightschool.records import Lineage, Verdict
from nightschool.registry import Registry, SettledSets, outbox
from nightschool.settings import Settings
from tests.unit.registry.nights import a_night, promoted


def race(url, barrier, results, night, challenger, incumbent, verdict_id):
    """Promote at the same moment as the others, and say how it ended."""
    with Registry(url) as registry:
        barrier.wait(120)
        try:
            results.put(registry.promote(night, challenger, incumbent, verdict_id, "because").version)
        except IncumbentMoved:
            results.put("IncumbentMoved")


def open_journal(url, barrier):
    """Open a journal at the same moment as the others."""
    barrier.wait(120)
    Journal(url, a_night()).close()


def climb(url, barrier, name, rounds):
    """Promote `rounds` times onto whatever stands there, beginning again when another one was faster."""
    with Registry(url) as registry:
        barrier.wait(120)
        done = 0
        while done < rounds:
            done += _climb_once(registry, f"{name} {done}")


def _climb_once(registry, text):
    night, standing = a_night(), registry.incumbent("production", "support").version
    challenger = registry.add_version(text, Lineage(parent=standing)).version
    verdict_id = registry.record_verdict(night, challenger, standing, Verdict(decision="promote", reason=text), [])
    try:
        registry.promote(night, challenger, standing, verdict_id, text)
    except IncumbentMoved:
        return 0
    return 1


def begin(url, barrier, results, night, seed):
    """Begin a night at the same moment as the others."""
    barrier.wait(120)
    with Registry(url) as registry:
        results.put(registry.begin(night, seed).incumbent)


def settle(url, barrier, name, rounds):
    """Add `rounds` words to the ledger, beginning again from the live one when another process was faster."""
    night = a_night()
    with Registry(url) as registry:
        barrier.wait(120)
        for word in (f"{name}{n}" for n in range(rounds)):
            while True:
                before = registry.ledger(night.track, night.target)
                if registry.settle(night, word, SettledSets(before=before, after=f"{before} {word}")):
                    break


def die(*_args, **_fields):
    os.kill(os.getpid(), signal.SIGKILL)


def promote_and_publish(url, home, step):
    """Promote and publish, and be killed at the step with this name."""
    STEPS[step]()
    with Registry(url) as registry:
        promoted(registry, a_night(), "Answer with the bare value.")
        if step == "between promote and publish":
            die()
        publish_owed(registry, Settings(home=home))


def _kill_in(module, name):
    return lambda: setattr(module, name, die)


def _kill_after_replace():
    original = Path.replace

    def replace(self, target):
        original(self, target)
        die()

    Path.replace = replace


def _kill_at_second_put():
    original, calls = outbox.put, []

    def put(*args):
        original(*args)
        calls.append(args)
        if len(calls) == 2:
            die()

    outbox.put = put


STEPS = {
    "before the move is recorded": _kill_in(outbox, "announce"),
    "before the move is committed": _kill_at_second_put,
    "between promote and publish": lambda: None,
    "before the file is written": _kill_in(served_files.json, "dump"),
    "before the file is safe": _kill_in(served_files.os, "fsync"),
    "before the file is in place": _kill_in(Path, "replace"),
    "after the file is in place": _kill_after_replace,
    "before it is marked done": _kill_in(outbox, "mark_done"),
    "never": lambda: None,
}
