"""Calls to addresses that strangers chose (a brand's endpoint, a browser's push service), none of which lead inside.

Beyond ``adapters.http``: a name is looked up once, each of its addresses must be one of the public internet, and the
connection is made to that very address; the certificate still has to be the name's. A name that answers otherwise the
next moment is not asked again. A redirect is an answer (and no success): it is never followed. Addresses in place of a
name are refused in every spelling (decimal, octal, hexadecimal, IPv6), as are all ports below 1024 but 443.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Never

from porchlight.adapters.http import CALL_SECONDS, LOOPBACK, HttpCaller, Place, checked, left
from porchlight.errors import PermanentProviderError

MAX_ANSWER = 65_536
"""Bytes: all that is wanted of a stranger's answer is its status and a word or two."""

CONNECT_SECONDS = 4.0
_TRIES = 3
"""Addresses of one name that are tried, one after another."""

_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
"""A host name whose last label begins with a letter: what ends in a number is an address, whatever it looks like."""

_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is routed. Mapped, compatible and NAT64 addresses lie outside; 6to4 and Teredo inside are not global."""

_NOBODYS = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("3fff::/20"))
"""The relays that 6to4 once had, and addresses for documents: the library takes them for global."""

Resolve = Callable[[str, int, float], Sequence[str]]
"""(host, port, seconds) → addresses; OSError where there are none."""

Dial = Callable[[str, int, float], socket.socket]
"""(address, port, seconds) → a connected socket."""


def is_public(address: str) -> bool:
    """Whether an address (as text) is one of the public internet: not private, shared (CGNAT), loopback, link-local
    (and with it cloud metadata), multicast, reserved, unspecified, nor an IPv6 form that carries an IPv4 address.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in _NOBODYS):
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return True
    return ip in _GLOBAL_V6 and ip.scope_id is None and ip.sixtofour is None and ip.teredo is None


def looked_up(host: str, port: int, seconds: float) -> Sequence[str]:
    """The addresses of a name by the system's resolver, which knows no deadline of its own."""
    found: list[str] = []

    def look() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(str(place[4][0]) for place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(seconds)
    if not (addresses := tuple(dict.fromkeys(found))):
        raise OSError("the name has no address")
    return addresses


def _dialled(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


class _Pinned(http.client.HTTPSConnection):
    """One that was opened to an address that was looked at, and is never opened by its name again."""

    def connect(self) -> Never:
        """It is closed: the caller makes another one."""
        raise http.client.CannotSendRequest


class SafeCaller(HttpCaller):
    """``asking.Caller`` for strangers' addresses. ``loopback``: this very machine may be called, too, by plain http on
    any port (tests and the local cloud; never a Lambda, whose own interface listens there).
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        connect_seconds: float = CONNECT_SECONDS,
        call_seconds: float = CALL_SECONDS,
        max_answer: int = MAX_ANSWER,
        resolve: Resolve = looked_up,
        dial: Dial = _dialled,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(connect_seconds=connect_seconds, call_seconds=call_seconds, max_answer=max_answer)
        self._loopback = loopback
        self._resolve = resolve
        self._dial = dial
        self._given_context = context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given_context or ssl.create_default_context()

    def _checked(self, url: str) -> tuple[Place, str]:
        place, target = checked(url)
        scheme, host, port = place
        if self._loopback and host in LOOPBACK:
            return place, target
        if scheme != "https" or not _NAME.fullmatch(host) or (port not in (None, 443) and port < 1024):
            raise PermanentProviderError("the address may not be called", code="bad-address")
        return place, target

    def _connection(self, place: Place, deadline: float) -> http.client.HTTPConnection:
        _, host, port = place
        if self._loopback and host in LOOPBACK:
            return super()._connection(place, deadline)
        port = port or http.client.HTTPS_PORT
        addresses = self._resolve(host, port, left(min(deadline, time.monotonic() + self._connect_seconds)))
        if not addresses or not all(map(is_public, addresses)):
            raise PermanentProviderError("the address may not be called", code="bad-address")
        channel = self._dialled(addresses, port, deadline)
        connection = _Pinned(host, port, context=self._context)
        connection.sock = self._secured(channel, host, deadline)
        return connection

    def _secured(self, channel: socket.socket, host: str, deadline: float) -> ssl.SSLSocket:
        """TLS with a certificate of the name. The timeout is for the handshake as a whole, however it drips."""
        try:
            secured = self._context.wrap_socket(channel, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            channel.close()
            raise
        try:
            secured.settimeout(left(deadline))
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    def _dialled(self, addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
        """A connection to the first address that takes it."""
        failed: OSError = OSError("no address")
        for address in addresses[:_TRIES]:
            try:
                return self._dial(address, port, left(min(deadline, time.monotonic() + self._connect_seconds)))
            except OSError as error:
                failed = error
        raise failed
