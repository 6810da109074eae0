"""The brands' own systems behind webhooks, and their Slack and Teams, pretended: what arrives is checked and kept."""

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from typing import Any, ClassVar

from local.front import Request, Response


@dataclass(frozen=True)
class Heard:
    """A message that an endpoint took. ``message_id``: the same for each try."""

    brand: str
    message_id: str
    message: Any


class BrandDesk:
    """Mounted into the front door: ``/demo/brands/{brand}/events``, ``…/slack`` and ``…/teams``."""

    PREFIX: ClassVar[str] = "/demo/brands"

    def __init__(self, secrets: dict[str, str]) -> None:
        self._keys = {brand: base64.b64decode(secret.removeprefix("whsec_")) for brand, secret in secrets.items()}
        self._lock = threading.Lock()
        self.heard: list[Heard] = []
        self.notices: list[tuple[str, str, Any]] = []
        """Brand, desk (``slack`` or ``teams``), and what was posted."""
        self.refused = 0
        self.failures: list[int] = []
        """Status codes to answer with before events are taken."""

    def __call__(self, request: Request) -> Response:
        """One post."""
        brand, _, place = request.path.removeprefix(f"{self.PREFIX}/").partition("/")
        with self._lock:
            if place == "events":
                return self._event(brand, request)
            if place == "slack" and "text" in (body := json.loads(request.body)):
                self.notices.append((brand, place, body))
                return Response(200)
            if place == "teams" and json.loads(request.body).get("type") == "message":
                self.notices.append((brand, place, json.loads(request.body)))
                return Response(202)
        return Response(400)

    def _event(self, brand: str, request: Request) -> Response:
        """Standard Webhooks, but for the age: the local cloud's clock may be days away from ours."""
        message_id, at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        signed = f"{message_id}.{at}.".encode() + request.body
        digest = base64.b64encode(hmac.digest(self._keys.get(brand, b""), signed, hashlib.sha256)).decode()
        given = request.headers.get("webhook-signature", "").split()
        if brand not in self._keys or not any(hmac.compare_digest(f"v1,{digest}", one) for one in given):
            self.refused += 1
            return Response(401)
        if self.failures:
            return Response(self.failures.pop(0))
        self.heard.append(Heard(brand, message_id, json.loads(request.body)))
        return Response(204)
