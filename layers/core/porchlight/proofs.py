"""Proofs of origin that several sources share, beside the signatures that each has of its own.

A source that signs nothing proves itself by a token in the address that only it was told
(``/webhooks/{carrier}/{token}`` or ``?token=``), and, where it publishes them, by the addresses it calls from.
"""

import hmac
from ipaddress import ip_address, ip_network

from porchlight.bodies import same
from porchlight.connectors import Account, InboundRequest

MIN_TOKEN = 20
"""Characters. A shorter token could be guessed, and verifies nothing."""


def path_token(request: InboundRequest, account: Account, networks: tuple[str, ...] = ()) -> bool:
    """True if the address carries the account's ``path_token``, and the caller is in the source's published networks.

    The account's credential ``networks`` (separated by spaces) takes the place of ``networks`` where the published
    list has moved on.
    """
    expected = account.credentials.get("path_token", "")
    given = request.token or request.query.get("token", "")
    return len(expected) >= MIN_TOKEN and same(given, expected) and from_networks(request, account, networks)


def from_networks(request: InboundRequest, account: Account, networks: tuple[str, ...]) -> bool:
    """True if the caller is in ``networks``, or in the account's credential ``networks`` where that is set; anybody is
    where there are none.
    """
    allowed = tuple(account.credentials.get("networks", "").split()) or networks
    return not allowed or called_from(request, allowed)


def called_from(request: InboundRequest, networks: tuple[str, ...]) -> bool:
    """True if the caller's address lies in one of ``networks`` (CIDR, or single addresses)."""
    try:
        address = ip_address(request.source_ip)
        return any(address in ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


def signed_hex(given: str, secret: str, signed: bytes) -> bool:
    """True if ``given`` is the hex HMAC-SHA256 of ``signed``, in either case; an empty secret or signature is never
    right.
    """
    if not secret or not given:
        return False
    return same(given.strip().lower(), hmac.digest(secret.encode(), signed, "sha256").hex())


def shared_header(given: str, secret: str) -> bool:
    """True if a header repeats the secret that only the source was told."""
    return bool(given) and same(given, secret)
