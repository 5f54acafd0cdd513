"""Sites to prepare data on."""

from __future__ import annotations

import pytest

from tests.data_site import Site


@pytest.fixture
def site(tmp_path) -> Site:
    return Site(tmp_path)


@pytest.fixture(scope="session")
def new_site(tmp_path_factory):
    """Sites for property tests, which need one for each example."""
    return lambda: Site(tmp_path_factory.mktemp("site"))
