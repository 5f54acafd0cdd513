"""No log shows a key or a password."""

from __future__ import annotations

import logging

import pytest

from flows.masking import MASK, mask_logs, masked, secrets_of
from nightschool.settings import Settings

KEY = "sk-proj-0123456789"


@pytest.fixture
def logger(monkeypatch):
    before = logging.getLogRecordFactory()
    monkeypatch.setenv("SHOP_MODEL_KEY", "shop-9876543210")
    for _ in range(2):
        mask_logs(Settings(openai_api_key=KEY))
    yield logging.getLogger("openai.test")
    logging.setLogRecordFactory(before)


def test_lines_arguments_and_tracebacks_are_masked(logger, caplog):
    logger.warning("Authorization: Bearer %s, and %d", KEY, 3)
    logger.warning("postgresql://ana:s3cret@db/x of shop-9876543210")
    try:
        int(KEY)
    except ValueError:
        logger.exception("It broke")
    assert f"Bearer {MASK}, and 3" in caplog.text
    assert f"postgresql://ana:{MASK}@db/x of {MASK}" in caplog.text
    assert "ValueError" in caplog.text
    assert KEY not in caplog.text


def test_what_is_short_or_named_otherwise_is_no_secret():
    environment = {"MODEL_KEY": "none", "HOME": "/home/somebody", "API_TOKEN": "a-long-token"}
    assert secrets_of(Settings(), environment) == {"a-long-token"}
    assert masked("http://127.0.0.1:4200/api none", frozenset()) == "http://127.0.0.1:4200/api none"
