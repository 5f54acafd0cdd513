"""What `nightschool` says where only load_prompt's needs (none) are installed."""

from __future__ import annotations

import importlib.util

import pytest

from nightschool.cli import main


def test_a_bare_install_says_what_to_type(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert 'pip install "nightschool[tools]"' in capsys.readouterr().err
