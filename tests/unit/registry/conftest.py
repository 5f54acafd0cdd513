from datetime import UTC, datetime, timedelta

import pytest

from nightschool.registry import Registry


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'home' / 'registry.db'}"


@pytest.fixture
def registry(url):
    with Registry(url, clock=ticking()) as opened:
        yield opened


def ticking():
    """A clock that moves on by a minute each time it is read."""
    moments = (datetime(2026, 11, 22, 3, tzinfo=UTC) + timedelta(minutes=n) for n in range(10_000))
    return lambda: next(moments)
