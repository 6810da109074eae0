"""Email by any server that speaks SMTP: a second provider for the day on which the first one does not take mail.

The secret ``channels/smtp``: ``{"default": {"host", "port", "username", "password"}}``, by brand where a brand has its
own. Passwords go over TLS alone (STARTTLS, or TLS from the start on port 465), but to this very machine.

Servers of this kind report nothing by our tags. The message has a ``Message-ID`` made of our own id, so that a reader's
mailbox knows two of the same, and an ``X-Porchlight-Message`` for the server's log.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer

from porchlight.channels.email.mime import mime, recipient
from porchlight.channels.kit import Kit, credentials
from porchlight.errors import NO_ANSWER, THROTTLED, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import Outgoing

SECONDS = 5.0
"""For each answer of the server."""
MOST_SECONDS = 14.0
"""For all of them, however it drips: less than the function has."""
_IMPLICIT_TLS = 465
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_THROTTLED = frozenset({421, 454})
_NO_SUCH_ADDRESS = frozenset(b"5.1.1 5.1.2 5.1.3 5.1.6 5.1.10".split())
"""Answers to RCPT that are about the address itself (RFC 3463). The three digits before do not say: many servers answer
550 where they do not know us.
"""


class Smtp:
    """``reaching.Provider``."""

    def __init__(self, kit: Kit) -> None:
        self._secrets = kit.secrets

    def send(self, message: Outgoing) -> str:
        """Hand the message over; returns its Message-ID."""
        account = credentials(
            lambda: self._secrets.get("channels/smtp"), message.brand, ("host", "port", "username", "password")
        )
        domain = message.from_address.rpartition("@")[2]
        message_id = f"<{message.message_id}@{domain}>"
        raw = mime(message, {"Message-ID": message_id, "X-Porchlight-Message": message.message_id})
        with _connected(account) as (server, cut_off):
            with _before(cut_off):
                _accepted(server.mail(message.from_address)[0])
                code, said = server.rcpt(recipient(message))
                if code >= 500 and said.partition(b" ")[0] in _NO_SUCH_ADDRESS:
                    raise AddressRefusedError(f"the server answered {code}")
                _accepted(code)
            _given(server, raw)
            if cut_off.is_set():  # half an answer reads like a whole one
                raise TransientError("the server took too long", code=NO_ANSWER)
        return message_id


def _given(server: smtplib.SMTP, raw: bytes) -> None:
    """The message itself. Once it is on its way, silence may mean that it was taken."""
    try:
        code, _ = server.data(raw)
    except smtplib.SMTPDataError as error:  # it was not even begun
        code = error.smtp_code
    except (smtplib.SMTPException, OSError) as error:
        raise TransientError(type(error).__name__, code=NO_ANSWER) from None
    if not 200 <= code < 600:  # it said something, and nobody knows what
        raise TransientError("the server's answer is none", code=NO_ANSWER)
    _accepted(code)


@contextmanager
def _connected(account: dict[str, str]) -> Iterator[tuple[smtplib.SMTP, Event]]:
    """The server, and what is set when it has taken too long."""
    begun, cut_off = time.monotonic(), Event()
    with _before(cut_off):
        server = _dialled(account)
    timer = Timer(MOST_SECONDS - (time.monotonic() - begun), _cut_off, (server, cut_off))
    timer.daemon = True
    timer.start()
    try:
        with _before(cut_off):
            if int(account["port"]) != _IMPLICIT_TLS and account["host"] not in _LOOPBACK:
                server.starttls(context=ssl.create_default_context())
            server.login(account["username"], account["password"])
        yield server, cut_off
    finally:
        timer.cancel()
        server.close()


def _dialled(account: dict[str, str]) -> smtplib.SMTP:
    host, port = account["host"], int(account["port"])
    if port == _IMPLICIT_TLS:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=SECONDS)


def _cut_off(server: smtplib.SMTP, cut_off: Event) -> None:
    cut_off.set()
    with suppress(OSError, AttributeError):  # it may be closed by now
        socket.socket.shutdown(server.sock, socket.SHUT_RDWR)  # type: ignore[arg-type]  # below TLS


@contextmanager
def _before(cut_off: Event) -> Iterator[None]:
    """Whatever goes wrong in here, the server has not seen the message. Nothing that it says is repeated."""
    try:
        with _in_time(cut_off):
            yield
    except smtplib.SMTPNotSupportedError:
        raise PermanentProviderError("the server offers neither TLS nor a way to log in that is safe") from None
    except smtplib.SMTPResponseException as error:
        if error.smtp_code in _THROTTLED or not isinstance(error, smtplib.SMTPAuthenticationError):
            _accepted(error.smtp_code)  # a password that is not good now may be the one before a rotation
        raise TransientError(f"the server answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:  # first: a certificate that is not good is a ValueError, too
        raise TransientError(type(error).__name__) from None
    except ValueError:
        raise PermanentProviderError("the secret channels/smtp lacks something", code="not-set-up") from None


@contextmanager
def _in_time(cut_off: Event) -> Iterator[None]:
    """TimeoutError for whatever was done, said or raised by one that was cut off: half an answer means nothing."""
    try:
        yield
    finally:
        if cut_off.is_set():
            raise TimeoutError


def _accepted(code: int) -> None:
    """TransientError or PermanentProviderError for an answer that is none of success."""
    if code in _THROTTLED:
        raise TransientError(f"the server answered {code}", code=THROTTLED)
    if 400 <= code < 500 or code < 200:
        raise TransientError(f"the server answered {code}")
    if code >= 500:
        raise PermanentProviderError(f"the server answered {code}")


PROVIDER = Smtp
