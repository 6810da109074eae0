"""The front door: plays the part of the custom domain before the deployed HTTP API.

Its address is known before the deployment, so that links in emails and pages are right from the first message
on. What the routes do not take goes to the API, byte for byte; the routes mount local pages (inbox, ops, a
refund peer):

    front = Front(port=8080, routes={"/inbox": Inbox(cloud.endpoint)})
    front.start()
    front.upstream = cloud.http_api_url(outputs["ApiId"])
"""

import http.client
import json
import logging
import string
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit

from local.cloud.launcher import HOST, PortTakenError

MAX_BODY_BYTES = 10 * 1024 * 1024  # an HTTP API takes no more
_UPSTREAM_SECONDS = 30  # and waits no longer
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_NO_BODY = (204, 304)
_AS_THEY_ARE = string.punctuation
_log = logging.getLogger(__name__)

type Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a local page gets."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """What it answers."""

    status: int = 200
    body: bytes = b""
    headers: Headers = ()

    @classmethod
    def html(cls, text: str, status: int = 200, headers: Headers = ()) -> Self:
        """A page."""
        return cls(status, text.encode(), [("Content-Type", "text/html; charset=utf-8"), *headers])

    @classmethod
    def json(cls, document: object, status: int = 200) -> Self:
        """A document."""
        return cls(status, json.dumps(document).encode(), [("Content-Type", "application/json")])


type Handler = Callable[[Request], Response]


class Front:
    """The server. `upstream` is the deployed API's address; until it is set, the front answers 502 for it."""

    def __init__(self, port: int = 0, *, routes: Mapping[str, Handler] | None = None) -> None:
        """Take the port at once (0: a free one), or raise PortTakenError."""
        self.upstream: str | None = None
        self.routes: dict[str, Handler] = dict(routes or {})
        try:
            self._server = _Server((HOST, port), _Connection)
        except OSError as error:
            raise PortTakenError(port) from error
        self._server.front = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The public base URL, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> Self:
        """Serve, on a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def route(self, path: str) -> Handler | None:
        """The page mounted at `path` or above it; the longest prefix wins."""
        fitting = [prefix for prefix in self.routes if path == prefix or path.startswith(prefix.rstrip("/") + "/")]
        return self.routes[max(fitting, key=len)] if fitting else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True  # also right after we were stopped; a port in use is still refused
    front: Front


class _BodyTooLargeError(Exception):
    pass


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def _serve(self) -> None:
        try:
            answer = self._answer(self._read_body())
        except _BodyTooLargeError:
            answer = self._refuse(413, "Request Entity Too Large")
        except ValueError:
            answer = self._refuse(400, "Bad Request")
        self._send(answer.status, answer.headers, answer.body)

    def _answer(self, body: bytes) -> Response:
        path, _, query = self.path.partition("?")
        page = self.server.front.route(path)
        if page is None:
            return self._from_api(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self._from_page(page, Request(self.command, path, parse_qs(query), headers, body))

    def _refuse(self, status: int, message: str) -> Response:
        self.close_connection = True  # the rest of the body may still be coming
        return Response.json({"message": message}, status)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read_body(self) -> bytes:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return self._read_chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError("a negative length")
        if length > MAX_BODY_BYTES:
            raise _BodyTooLargeError
        return self.rfile.read(length)

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(body) + size > MAX_BODY_BYTES:
                raise _BodyTooLargeError
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass  # trailers
        return bytes(body)

    def _from_page(self, page: Handler, request: Request) -> Response:
        try:
            return page(request)
        except Exception:
            _log.exception("%s %s failed", request.method, request.path)
            return Response.json({"message": "This local page failed; see the log."}, 500)

    def _from_api(self, body: bytes) -> Response:
        upstream = self.server.front.upstream
        if upstream is None:
            return Response.json({"message": "Nothing is deployed yet."}, 502)
        target = urlsplit(upstream)
        connection = http.client.HTTPConnection(target.hostname or HOST, target.port, timeout=_UPSTREAM_SECONDS)
        try:
            # As it came, but for bytes that a request line may not have.
            path = target.path + quote(self.path.encode("latin-1"), safe=_AS_THEY_ARE)
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self._forwarded_headers(body):
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Response(answer.status, answer.read(), answer.getheaders())
        except TimeoutError:
            return Response.json({"message": "Service Unavailable"}, 503)
        except (OSError, http.client.HTTPException) as error:
            _log.warning("the local cloud does not answer: %s", error)
            return Response.json({"message": "Bad Gateway"}, 502)
        finally:
            connection.close()

    def _forwarded_headers(self, body: bytes) -> Headers:
        """The caller's headers, and those that API Gateway adds."""
        before = self.headers.get("X-Forwarded-For")
        for name, value in self.headers.items():
            lower = name.lower()
            if lower not in _HOP_BY_HOP and not lower.startswith("x-forwarded-") and lower != "content-length":
                yield name, value
        yield "X-Forwarded-For", f"{before}, {self.client_address[0]}" if before else self.client_address[0]
        yield "X-Forwarded-Port", str(self.server.front.port)
        yield "X-Forwarded-Proto", "http"
        if body or self.command in ("POST", "PUT", "PATCH"):
            yield "Content-Length", str(len(body))

    def _send(self, status: int, headers: Headers, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP and name.lower() != "content-length":
                self.send_header(name, value)
        if status not in _NO_BODY:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status not in _NO_BODY:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not news; they are on the ops page."""
