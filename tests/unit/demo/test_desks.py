"""What the desks' settings promise about their models."""

from __future__ import annotations

import tomllib

from demo.desks import LOCAL_SETTINGS
from nightschool import local_model


def test_what_the_small_model_reads_and_writes_as_a_critic_fits_into_its_context() -> None:
    settings = tomllib.loads(LOCAL_SETTINGS)
    context = local_model.CONTEXT_TOKENS // local_model.SLOTS
    assert settings["search"]["max_critic_tokens"] + settings["models"]["max_output_tokens"] <= context
