"""One way in which a source proves who it is, as the signature matrix sees it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from porchlight.connectors import Account, InboundRequest

NOW = datetime(2026, 3, 6, 19, 13, tzinfo=UTC)

Signed = tuple[bytes, dict[str, str]]

TOKEN = "path token"
"""As the ``header`` of a scheme: the proof is the last part of the address, not a header."""


@dataclass(frozen=True)
class Scheme:
    """``sign(body, credentials, now)`` gives body and headers as sent; the first credential is the one that proves."""

    name: str
    source: str
    header: str
    credentials: dict[str, str]
    sign: Callable[[bytes, dict[str, str], datetime], Signed]
    signs_body: bool = True
    has_time: bool = False
    tolerance: timedelta = timedelta(minutes=5)
    """How old a signed time may be, where the scheme has time."""
    covers_layout: bool = True
    """False where printing the same JSON anew keeps the signature good (the signed text lies inside)."""
    source_ip: str = ""
    """Where the source calls from, where it publishes that."""
    another: str = "fedcba9876543210fedcba9876543210"
    """A second secret of the same kind, for rotations."""

    def account(self, **changed: str) -> Account:
        return Account(account="main", brand="larkspur", credentials={**self.credentials, **changed})

    def request(self, body: bytes, account: Account, now: datetime = NOW) -> InboundRequest:
        sent, headers = self.sign(body, account.credentials, now)
        return InboundRequest(
            headers={name.lower(): value for name, value in headers.items()},
            body=sent,
            token=account.credentials.get("path_token", "") if self.header == TOKEN else "",
            source_ip=self.source_ip,
        )

    def proof(self, request: InboundRequest) -> str:
        """What the request proves itself with."""
        return request.token if self.header == TOKEN else request.headers[self.header]

    def with_proof(self, request: InboundRequest, value: str | None) -> InboundRequest:
        """The request with another proof, or with none."""
        if self.header == TOKEN:
            return replace(request, token=value or "")
        headers = {key: given for key, given in request.headers.items() if key != self.header}
        return replace(request, headers=headers if value is None else {**headers, self.header: value})

    @property
    def secret(self) -> str:
        """The credential that proves: the one that a rotation changes."""
        return next(iter(self.credentials))


def by_token(source: str, *, source_ip: str = "") -> Scheme:
    """The scheme of a source that signs nothing: a path token, and its published addresses if it has any."""
    return Scheme(
        f"{source}-token",
        source,
        TOKEN,
        {"path_token": "t0ken-that-nobody-guesses"},
        lambda body, given, now: (body, {"content-type": "application/json"}),
        signs_body=False,
        source_ip=source_ip,
    )
