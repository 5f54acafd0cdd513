"""A served prompt at an http(s) address: asked for by its ETag, and kept on this machine for the day it can't be reached."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import logging
import os
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from nightschool.serving.prompts import Content

CACHE_VARIABLE = "NIGHTSCHOOL_CACHE"
TOKEN_VARIABLE = "NIGHTSCHOOL_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_S = 3.0
MAX_BYTES = 8 * 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """An http(s) address; NIGHTSCHOOL_TOKEN, where it is set, is sent along as a bearer token."""

    url: str
    ttl_s: float = 60.0

    def __str__(self) -> str:
        return self.url

    def read(self, etag: str) -> Content | None:
        """What the server has, and keep it; None where it says that what has this ETag is still in force."""
        request = urllib.request.Request(self.url, headers={"If-None-Match": etag} if etag else {})  # noqa: S310 - http(s), by place_of
        if token := os.environ.get(TOKEN_VARIABLE):
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                found = Content(answer.read(MAX_BYTES + 1), answer.headers.get("ETag", ""))
        except urllib.error.HTTPError as refusal:
            _require_unchanged(refusal, self.url)
            return None
        except http.client.HTTPException as cut_off:
            raise OSError(f"the answer broke off: {cut_off!r}") from cut_off
        if len(found.body) > MAX_BYTES:
            raise OSError(f"it is longer than {MAX_BYTES} bytes")
        return found

    def kept(self) -> Content | None:
        """What an earlier process got from here; None where there is nothing, or nothing readable."""
        try:
            fields = json.loads(self._kept_in().read_text(encoding="utf-8"))
            return Content(base64.b64decode(fields["body"]), str(fields["etag"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, content: Content) -> None:
        """Put a good copy where a later process finds it; a machine without a place for it goes without."""
        path = self._kept_in()
        fields = {"url": self.url, "etag": content.etag, "body": base64.b64encode(content.body).decode("ascii")}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as beside:
                json.dump(fields, beside)
            Path(beside.name).replace(path)
        except OSError as problem:
            _log.debug("%s can't keep a copy of %s: %s", path, self.url, problem)

    def _kept_in(self) -> Path:
        folder = (
            os.environ.get(CACHE_VARIABLE) or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "nightschool"
        )
        return Path(folder) / f"{hashlib.sha256(self.url.encode()).hexdigest()[:24]}.json"


def _require_unchanged(refusal: urllib.error.HTTPError, url: str) -> None:
    """Nothing new is no fault; nothing there yet and not now are."""
    refusal.close()
    if refusal.code == HTTPStatus.NOT_MODIFIED:
        return
    if refusal.code == HTTPStatus.NOT_FOUND:
        raise FileNotFoundError(url)
    raise OSError(f"the server answered {refusal.code} {refusal.reason}")
