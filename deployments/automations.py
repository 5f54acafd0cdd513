"""The alert rules of `automations.yaml`, as automations of Prefect's server: they outlive a worker that died."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from nightschool.errors import ConfigError
from nightschool.records import AlertPolicy
from nightschool.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect.automations import AutomationCore

DECLARATION = Path(__file__).with_name("automations.yaml")
SECONDS_AN_HOUR = 3600
NOTHING = [{"type": "do-nothing"}]


def set_up_rules(settings: Settings) -> str:
    """Create the rules, or bring them up to date; returns a sentence on who is told.

    Raises:
        ConfigError: where a channel of the settings is no notification block of the server.
    """
    wanted = list(rules(settings.alerts, block_ids(settings.alerts.channels), _ui()))
    for rule in wanted:
        _put(rule)
    told = ", ".join(settings.alerts.channels)
    return f"Alerts: {len(wanted)} rules, told to {told}." if told else f"Alerts: {len(wanted)} rules; {NOBODY}"


NOBODY = "nobody is told yet: make a notification block in the UI and name it in alerts.channels, like slack-webhook/ops."


def rules(policy: AlertPolicy, blocks: list[str], ui: str) -> Iterator[dict[str, Any]]:
    """The declared rules, with the settings' hours and one action for each channel.

    Args:
        policy: hours.
        blocks: ids of the notification blocks.
        ui: URL of the UI.
    """
    for declared in yaml.safe_load(DECLARATION.read_text(encoding="utf-8")):
        hours = getattr(policy, declared.pop("hours", ""), None)
        if hours is not None:
            declared["trigger"]["within"] = hours * SECONDS_AN_HOUR
        if tells := declared.pop("tells", None):
            texts = {name: _filled(text, hours, ui) for name, text in tells.items()}
            declared["actions"] = [{"type": "send-notification", "block_document_id": block, **texts} for block in blocks]
        yield {**declared, "actions": declared["actions"] or NOTHING}


def block_ids(channels: tuple[str, ...]) -> list[str]:
    """The ids of the notification blocks that the settings name as type/name.

    Raises:
        ConfigError: naming the one that the server does not have.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    found = []
    with get_client(sync_client=True) as client:
        for channel in channels:
            kind, _, name = channel.partition("/")
            try:
                found.append(str(client.read_block_document_by_name(name, kind).id))
            except ObjectNotFound:
                raise ConfigError(
                    f"alerts.channels names {channel}, and Prefect has no such block.",
                    next_step="Make it in the UI under Blocks, or correct alerts.channels (type/name, like slack-webhook/ops).",
                ) from None
    return found


def _put(rule: dict[str, Any]) -> None:
    """Create or update by name. One that is as wanted stays untouched: an update would start its clock anew."""
    from prefect.automations import AutomationCore
    from prefect.client.orchestration import get_client

    wanted = AutomationCore.model_validate(rule)
    with get_client(sync_client=True) as client:
        standing = client.read_automations_by_name(wanted.name)
        if not standing:
            client.create_automation(wanted)
        elif not _same(standing[0], wanted):
            client.update_automation(standing[0].id, wanted.model_copy(update={"enabled": standing[0].enabled}))


def _same(standing: AutomationCore, wanted: AutomationCore) -> bool:
    parts = {"name", "description", "trigger", "actions"}
    return standing.model_dump(mode="json", include=parts) == wanted.model_dump(mode="json", include=parts)


def _filled(text: str, hours: float | None, ui: str) -> str:
    """Fill in what is known when the rule is made; the rest is Prefect's to fill in when it fires."""
    return text.replace("{{ hours }}", f"{hours or 0:g}").replace("{{ ui }}", ui)


def _ui() -> str:
    from prefect.settings import get_current_settings

    return get_current_settings().ui_url or ""


if __name__ == "__main__":
    policy = load_settings().alerts
    filled = list(rules(policy, block_ids(policy.channels), _ui()))
    yaml.safe_dump({"automations": filled}, sys.stdout, sort_keys=False, allow_unicode=True)
