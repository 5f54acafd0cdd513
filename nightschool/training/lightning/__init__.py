"""All that touches agentlightning. Importing this package imports agentlightning, without litellm.

That takes a fifth of the processor time and no network.
`agentlightning.llm_proxy` is all that needs litellm, and APO does not use it. A stand-in module with the one name that
the package's own imports ask for takes its place.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import types
import warnings


def import_lightly() -> None:
    """Import agentlightning, once; where somebody imported all of it before, that one is used."""
    if "agentlightning" in sys.modules:
        return
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("AGENTOPS_LOG_SESSION_REPLAY_URL", "false")
    proxy = types.ModuleType("agentlightning.llm_proxy")
    proxy.__dict__.update(LLMProxy=type("LLMProxy", (), {}), __all__=["LLMProxy"])
    sys.modules["agentlightning.llm_proxy"] = proxy
    if importlib.util.find_spec("poml") is None:  # the image has no Node.js for it, and APO's prompts are rendered in Python
        sys.modules.setdefault("poml", types.ModuleType("poml"))
    hidden = sys.modules.get("litellm")
    sys.modules["litellm"] = None  # type: ignore[assignment]  # None makes an optional `import litellm` fail at once
    try:
        with warnings.catch_warnings():  # it warns of its own use of a module of its own
            warnings.simplefilter("ignore", UserWarning)
            import agentlightning  # noqa: F401  # imported for its place in sys.modules
    finally:
        if hidden is None:
            del sys.modules["litellm"]
        else:
            sys.modules["litellm"] = hidden
    _reuse_type_adapters()


def _reuse_type_adapters() -> None:
    """The package makes a validator of OpenAI's messages anew for each message: 15 ms of processor time, four rollouts' worth."""
    from agentlightning.adapter import messages

    messages.TypeAdapter = functools.cache(messages.TypeAdapter)


import_lightly()
