"""A process that writes one report on a private server, says where its page is, and keeps it there until stdin ends."""

from __future__ import annotations

import sys
from pathlib import Path

from flows.embedded import prefect_server
from nightschool.settings import load_settings
from tests.unit.report.nights import a_report


def write_report(home: Path) -> str:
    """Run the report stage against the server in force; the id of the page's artifact."""
    from prefect import flow
    from prefect.client.orchestration import get_client

    from tasks.report import report

    @flow
    def one_report() -> None:
        report(a_report(), settings=load_settings(home=home))

    one_report()
    with get_client(sync_client=True) as client:
        return next(str(artifact.id) for artifact in client.read_artifacts() if str(artifact.key).startswith("report-"))


if __name__ == "__main__":
    with prefect_server(Path(sys.argv[1])) as api:
        page = f"{api.removesuffix('/api')}/v2/artifacts/artifact/{write_report(Path(sys.argv[1]))}"
        sys.stdout.write(f"page {page}\n")
        sys.stdout.flush()
        sys.stdin.read()
