"""The owner's factory, `factory(prompt) -> Agent | Team`: the very function that production calls. Standard library alone."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nightschool.agent.sources import digests_of
from nightschool.errors import ConfigError

AgentFactory = Callable[[str], Any]
"""Takes the system prompt and returns an Agno `Agent` or `Team`."""

_EXAMPLE = "A factory looks like this: def build(prompt: str) -> Agent: return Agent(model=…, system_message=prompt)"


def load_factory(name: str) -> AgentFactory:
    """Find the factory named `package.module:function`, looking in the working folder first, as Python itself does.

    Raises:
        ConfigError: where nothing, or nothing that takes a prompt, can be imported under the name.
    """
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise ConfigError(
            f"the agent's factory must be named package.module:function, found {name!r}",
            next_step="Try --agent my_company.agents:build_support.",
        )
    found = _import(module_name, name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ConfigError(
                f"{module_name} has no {attribute!r}", next_step=f"It has: {_public_functions(found) or 'no functions'}."
            )
        found = getattr(found, part)
    _require_prompt_parameter(found, name)
    return found  # type: ignore[no-any-return]  # checked by calling it, in `Target`


def default_prompt(factory: AgentFactory) -> str:
    """The default of the factory's prompt parameter; empty where it has none."""
    parameter = next(iter(inspect.signature(factory).parameters.values()))
    return parameter.default if isinstance(parameter.default, str) else ""


def code_digest_of(factory: AgentFactory) -> str:
    """The SHA-256 of the source of the factory and of what it imports of its own package; of its name where there is none.

    Rollouts of an agent whose code changed are not compared with earlier ones, be it a tool's or a helper's code.
    """
    name = f"{getattr(factory, '__module__', '')}:{getattr(factory, '__qualname__', '')}"
    module = inspect.getmodule(factory)
    sources = digests_of(module) if module else {}
    return hashlib.sha256(json.dumps([name, sources], sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _import(module_name: str, name: str) -> Any:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigError(
            f"the agent's factory {name} can't be imported: {error}",
            next_step=f"Run from the folder that holds {module_name.split('.')[0]}, or install that package here.",
        ) from error
    except Exception as error:
        raise ConfigError(
            f"importing the agent's factory {name} raised {type(error).__name__}: {error}",
            next_step=f'Correct it until python -c "import {module_name}" works.',
        ) from error


def _require_prompt_parameter(found: Any, name: str) -> None:
    if not callable(found):
        raise ConfigError(f"{name} is a {type(found).__name__}, not a function", next_step=_EXAMPLE)
    try:
        inspect.signature(found).bind("prompt")
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the agent's factory {name} does not take one prompt: {error}", next_step=_EXAMPLE) from error


def _public_functions(module: Any) -> str:
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    return ", ".join(sorted(names)[:8])
