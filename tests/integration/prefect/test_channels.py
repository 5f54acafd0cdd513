"""Slack and Teams as channels of alerts: Prefect's own blocks send, over HTTP, to this machine in place of the vendor's.

Slack's block knows no other host than `hooks.slack.com`, and the one of Teams speaks TLS alone, so that a request's address is
replaced on its last step; all before it, also how the message is put, is theirs. That a rule reaches a block: test_alerts.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from prefect.blocks.notifications import AppriseNotificationBlock, MicrosoftTeamsWebhook, SlackWebhook

from tests.integration.prefect.receiver import Receiver, receiving

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"
TEAMS = (
    "https://prod-161.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu-6Rj8aUKz7108W3wrNJZxFE5A"
)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Where requests to the vendors arrive; `asked` has their addresses."""
    send = requests.Session.send

    def here(session: requests.Session, request: requests.PreparedRequest, **options: object) -> requests.Response:
        parts = urlsplit(str(request.url))
        there.asked.append(f"{parts.scheme}://{parts.hostname}{parts.path}")
        request.url = there.url
        return send(session, request, **options)

    with receiving() as there:
        there.asked = []
        monkeypatch.setattr(requests.Session, "send", here)
        yield there


@pytest.mark.parametrize(
    ("kind", "url", "slug"), [(SlackWebhook, SLACK, "slack-webhook"), (MicrosoftTeamsWebhook, TEAMS, "ms-teams-webhook")]
)
def test_an_alert_arrives(receiver: Receiver, kind: type[AppriseNotificationBlock], url: str, slug: str):
    with warnings.catch_warnings():  # Apprise, behind the block, imports what Python 3.13 has no more, if it is there
        warnings.simplefilter("ignore", DeprecationWarning)
        kind(url=url).notify(
            "support: a slice loses.\nNext: nightschool approve --target support", subject="nightschool: support held"
        )
    [message] = receiver.received
    assert "nightschool: support held" in str(message)
    assert "Next: nightschool approve --target support" in str(message)
    assert receiver.asked == [url.partition("?")[0].replace(":443", "")]
    assert kind.get_block_type_slug() == slug, "by which settings name it"
