"""Somebody who stands between a function and one AWS service, and does not always pass on what is said.

with Peer(endpoint) as peer, world.with_environment("SendMessage", AWS_ENDPOINT_URL_SESV2=peer.url):
    peer.plan = [refuse(429, "TooManyRequestsException"), pass_on]
"""

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


type Ask = Callable[[], Said]
"""Asks the service itself."""
type Behaviour = Callable[[Ask], Said | None]
"""What is answered; None: the connection breaks instead."""


def pass_on(ask: Ask) -> Said:
    """As if nobody stood there."""
    return ask()


def refuse(status: int, code: str) -> Behaviour:
    """The service says no, in the manner of AWS."""
    body = json.dumps({"__type": code, "message": "not now"}).encode()
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return lambda ask: Said(status, headers, body)


def lose_request(ask: Ask) -> None:
    """The service never hears of it, and the caller is not told."""


def lose_answer(then: Callable[[], Any] = lambda: None) -> Behaviour:
    """The service does it, ``then`` something happens, and the caller is not told."""

    def behave(ask: Ask) -> None:
        assert ask().status == 200
        then()

    return behave


class Peer:
    """The server. ``plan`` is what happens to the next requests, ``rule`` what happens to those after."""

    def __init__(self, endpoint: str, rule: Behaviour = pass_on) -> None:
        self.plan: list[Behaviour] = []
        self.rule = rule
        self.calls = 0
        self.heard: list[bytes] = []
        """The bodies, to tell whose each call was."""
        self._lock = threading.Lock()
        self._endpoint = urlsplit(endpoint)
        peer = self

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.heard.append(body)
                answer = peer._behaviour()(lambda: peer._ask(self.command, self.path, dict(self.headers), body))
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _behaviour(self) -> Behaviour:
        with self._lock:
            self.calls += 1
            return self.plan.pop(0) if self.plan else self.rule

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        connection = http.client.HTTPConnection(self._endpoint.hostname or "", self._endpoint.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Said(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
