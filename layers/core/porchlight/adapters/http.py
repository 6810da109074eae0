"""The one place that calls carriers and stores: https only, no redirects, no proxies, little time, small answers.

A body, an address that a body names, or an answer never widens where we go: a redirect is an answer like any other, and
plain http is for this very machine alone (a test's peer). Connections are kept for the calls that follow in the same
thread. Nothing of calls or answers is logged or quoted in errors.
"""

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from urllib.parse import urlsplit

from porchlight.connectors import Answer, Call
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError

CONNECT_SECONDS = 4.0
CALL_SECONDS = 10.0
MAX_ANSWER = 2_000_000
"""Bytes, before and after decompression."""

KEPT = 32
"""Connections that a thread keeps; the one unused for longest goes."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHUNK = 65_536
_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, http.client.CannotSendRequest)
"""What a connection says that was closed at the other end since the call before."""

Place = tuple[str, str, int | None]


class HttpCaller:
    """``asking.Caller`` on the standard library."""

    def __init__(
        self,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        call_seconds: float = CALL_SECONDS,
        max_answer: int = MAX_ANSWER,
    ) -> None:
        self._connect_seconds = connect_seconds
        self._call_seconds = call_seconds
        self._max_answer = max_answer
        self._kept = threading.local()

    def make(self, call: Call) -> Answer:
        """Make the call. A kept connection that turns out to be closed is replaced once, before anything was asked."""
        place, target = self._checked(call.url)
        connections: dict[Place, http.client.HTTPConnection] = self._kept.__dict__.setdefault("connections", {})
        kept = connections.pop(place, None)
        deadline = time.monotonic() + self._call_seconds
        try:
            if kept is not None:
                try:
                    return self._made(kept, place, target, call, deadline)
                except _STALE:
                    kept.close()
            return self._made(self._connection(place, deadline), place, target, call, deadline)
        except OSError as error:  # first: a certificate that is not good is a ValueError, too
            raise TransientError(type(error).__name__, code=NO_ANSWER) from None
        except (http.client.InvalidURL, ValueError):  # a header or an address that no request can have
            raise PermanentProviderError("the request cannot be made", code="bad-request") from None
        except http.client.HTTPException as error:
            raise TransientError(type(error).__name__, code=NO_ANSWER) from None

    def _checked(self, url: str) -> tuple[Place, str]:
        """Where to connect and what to ask for there; PermanentProviderError for an address that may not be called."""
        return checked(url)

    def _connection(self, place: Place, deadline: float) -> http.client.HTTPConnection:
        """A new connection, to be opened before the deadline (``time.monotonic``)."""
        scheme, host, port = place
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._connect_seconds, context=_context())
        return http.client.HTTPConnection(host, port, timeout=self._connect_seconds)

    def _made(
        self, connection: http.client.HTTPConnection, place: Place, target: str, call: Call, deadline: float
    ) -> Answer:
        headers = {"user-agent": "porchlight", "accept-encoding": "gzip"}
        headers |= {name.lower(): value for name, value in call.headers.items()}
        keep = False
        try:
            if connection.sock is None:
                connection.connect()
            channel = connection.sock
            channel.settimeout(left(deadline))
            with _cut_off_at(deadline, channel), _answer(connection, call, target, headers) as response:
                body = bytearray()
                while not response.isclosed():  # with it, its connection may be gone
                    channel.settimeout(left(deadline))
                    part = response.read1(_CHUNK)
                    if not part:
                        break
                    body += part
                    if len(body) > self._max_answer:
                        raise PermanentProviderError("the answer is too large", code="answer-too-large")
                left(deadline)  # what was cut off has no end of its own
                if response.length:
                    raise http.client.IncompleteRead(bytes(body), response.length)
                found = {name.lower(): value for name, value in response.getheaders()}
                keep = not response.will_close
                status = response.status
        finally:
            if keep:
                self._keep(place, connection)
            else:
                connection.close()
        return Answer(status=status, headers=found, body=self._plain(bytes(body), found.get("content-encoding", "")))

    def _plain(self, body: bytes, encoding: str) -> bytes:
        """The body without compression; a bomb ends at the limit."""
        if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
            return body
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            plain = stream.decompress(body, self._max_answer + 1)
        except zlib.error:
            raise TransientError("the answer is garbled", code=NO_ANSWER) from None
        if len(plain) > self._max_answer:
            raise PermanentProviderError("the answer is too large", code="answer-too-large")
        return plain

    def _keep(self, place: Place, connection: http.client.HTTPConnection) -> None:
        connections: dict[Place, http.client.HTTPConnection] = self._kept.connections
        connections[place] = connection
        if len(connections) > KEPT:
            connections.pop(next(iter(connections))).close()


@contextmanager
def _answer(
    connection: http.client.HTTPConnection, call: Call, target: str, headers: Mapping[str, str]
) -> Iterator[http.client.HTTPResponse]:
    connection.request(call.method, target, body=call.body or None, headers=headers)
    with connection.getresponse() as response:
        yield response


def checked(url: str) -> tuple[Place, str]:
    """Where to connect and what to ask for there; PermanentProviderError for an address that may not be called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise PermanentProviderError("the address cannot be called", code="bad-address") from None
    host = parts.hostname or ""
    allowed = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not allowed or not host or "@" in parts.netloc or not url.isascii() or " " in url:
        raise PermanentProviderError("the address cannot be called", code="bad-address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (parts.scheme, host, port), target


@contextmanager
def _cut_off_at(deadline: float, channel: socket.socket) -> Iterator[None]:
    """Whoever sends each byte in time and never all of them is cut off as well: a socket's timeout is for one read."""
    timer = threading.Timer(left(deadline), _cut_off, (channel,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut_off(channel: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(channel, socket.SHUT_RDWR)  # below TLS, whose state is the other thread's


def left(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
