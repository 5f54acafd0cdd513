"""Which files an agent's code is: its factory's module, and what that imports of the same top-level package.

Found by reading `import` statements, not by looking at what this process has loaded: a worker that has run another agent, or
done something else of the package before, must find the same. The standard library alone: the agent's own interpreter runs it.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import sys
from collections.abc import Iterator, Sequence
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType


@functools.cache
def digests_of(module: ModuleType) -> dict[str, str]:
    """The SHA-256 of each file, by the module's name.

    Imports inside of functions count too. Read once for each module, right after its import: the code that runs is the code
    that was there then.
    """
    top = module.__name__.partition(".")[0]
    folders = [Path(folder) for folder in getattr(sys.modules.get(top, module), "__path__", ())]
    found: dict[str, str] = {}
    waiting = [module.__name__]
    while waiting:
        name = waiting.pop()
        file = _file_of(name, folders) if folders else _own_file(module)
        if name in found or file is None:
            continue
        source = file.read_bytes()
        found[name] = hashlib.sha256(source).hexdigest()
        package = name if file.stem == "__init__" else name.rpartition(".")[0]
        imported = _imported(source, package) if folders else ()
        parents = [name.rpartition(".")[0]]
        waiting += [one for one in (*parents, *imported) if one.partition(".")[0] == top]
    return dict(sorted(found.items()))


def _file_of(name: str, folders: Sequence[Path]) -> Path | None:
    """Where a module of the package lies; none where it is no module, as what `from package import function` names."""
    for folder in folders:
        place = folder.joinpath(*name.split(".")[1:])
        for file in (place / "__init__.py", place.parent / f"{place.name}.py"):
            if file.is_file():
                return file
    return None


def _own_file(module: ModuleType) -> Path | None:
    file = Path(getattr(module, "__file__", None) or "")
    return file if file.suffix == ".py" and file.is_file() else None


def _imported(source: bytes, package: str) -> Iterator[str]:
    """Names of what a source imports; some are modules, others what is in them."""
    with contextlib.suppress(SyntaxError, ImportError):  # of a module that nobody has been able to import yet
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = resolve_name("." * node.level + (node.module or ""), package)
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)
