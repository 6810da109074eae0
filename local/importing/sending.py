"""Orders on their way to the order API: tried again while it is busy or away, given up only for all of them at once."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

TRIES = 9
"""With the pauses between them about four minutes."""
_FAILURES = 3
"""So often an order may make the API fail before it is the order's fault."""
_LONGEST_PAUSE = 60.0
_TIMEOUT = 35.0
_BUSY = frozenset({408, 425, 429, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Stopped(Exception):
    """Nothing more can be sent now; says why. What was sent stays sent."""


@dataclass
class OrderApi:
    """``PUT {url}/v1/orders/{id}``. Safe to use from several threads; each keeps a connection."""

    url: str
    key: str = field(repr=False)
    pause: Callable[[float], None] | None = None
    """Waits so many seconds; None: really."""
    tries: int = TRIES

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise Stopped(f"{self.url!r} is not a web address")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise Stopped("an API key goes over https only (or to this very machine)")
        self._parts = parts
        self._local = threading.local()

    def put(self, order_id: str, body: bytes) -> str:
        """Write the order: "" where the API took it, else what it found wrong with it. Stopped where no order would
        be taken now.
        """
        return self._send("PUT", f"/v1/orders/{quote(order_id, safe='')}", body)[0]

    def post(self, path: str, body: bytes) -> tuple[str, bytes]:
        """Send to another route: "" and its answer, or what the API found wrong. Stopped as for orders."""
        return self._send("POST", path, body)

    def _send(self, method: str, route: str, body: bytes) -> tuple[str, bytes]:
        path = f"{self._parts.path.rstrip('/')}{route}"
        said, failures = "it cannot be reached", 0
        for turn in range(self.tries):
            try:
                status, after, answer = self._call(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                self._close()
                said, after = f"it cannot be reached ({type(error).__name__})", ""
            else:
                if status == 200:
                    return "", answer
                if status in (401, 403):
                    raise Stopped(f"the API refuses the key ({status}): {_detail(answer)}")
                if status == 404 and not _is_ours(answer):
                    raise Stopped(f"there is no API of ours at {self.url}")
                failures += status not in _BUSY
                if status not in _BUSY and (status < 500 or failures >= _FAILURES):
                    return _detail(answer) or f"the API answered {status}", b""
                said = f"it answers {status}"
            if turn + 1 < self.tries:
                (self.pause or time.sleep)(_wait(turn, after))
        raise Stopped(f"the API was asked {self.tries} times: {said}")

    def _call(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        connection = getattr(self._local, "connection", None) or self._connected()
        headers = {"content-type": "application/json", "x-api-key": self.key, "user-agent": "porchlight-import"}
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read()
        if response.will_close:
            self._close()
        return response.status, response.headers.get("retry-after") or "", answer

    def _connected(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        self._local.connection = kind(self._parts.hostname or "", self._parts.port, timeout=_TIMEOUT)
        found: http.client.HTTPConnection = self._local.connection
        return found

    def _close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection:
            connection.close()
        self._local.connection = None


def _wait(turn: int, after: str) -> float:
    """What the API asks for, else twice as long each time, never all threads at once."""
    if after.isascii() and after.isdigit():
        return min(float(after), _LONGEST_PAUSE)
    longest = min(0.5 * 2.0**turn, _LONGEST_PAUSE)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, guards nothing


def _is_ours(answer: bytes) -> bool:
    """True for an answer of our API about something that it does not know; a gateway without it says less."""
    return b"porchlight.dev/problems/" in answer


def _detail(answer: bytes) -> str:
    """What the problem details say: fields by name, never values."""
    try:
        found = json.loads(answer)
    except ValueError:
        return ""
    return str(found.get("detail") or found.get("message") or "")[:500] if isinstance(found, dict) else ""
