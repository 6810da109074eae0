"""What the clients of several sources share: addresses, requests with JSON, numbers that name their carrier.

Nothing here knows a network: requests are built and handed on.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from porchlight.connectors import Account, Answer, Call
from porchlight.domain.carriers import carrier_by_number

JSON = {"Accept": "application/json"}


def base(account: Account, default: str) -> str:
    """The address that requests of the account start with, without a slash at the end."""
    return (account.credentials.get("base_url") or default).rstrip("/")


def quoted(text: str) -> str:
    """``text`` as one part of a path or one value of a query."""
    return quote(text, safe="")


def basic(user: str, password: str = "") -> str:
    """The value of an ``Authorization`` header with a name and a password."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def sent(url: str, value: Any, headers: Mapping[str, str], numbers: Sequence[str] = (), method: str = "POST") -> Call:
    """A request with ``value`` as JSON."""
    return Call(
        url=url,
        method=method,
        headers={**JSON, "Content-Type": "application/json", **headers},
        body=json.dumps(value).encode(),
        numbers=tuple(numbers),
    )


def told(number: str) -> tuple[str, str]:
    """Our id of the carrier and the bare number, from ``ups:1Z…``. Where the carrier is not said (``1Z…``, ``:1Z…``)
    and the form of the number can only be one carrier's, that one; "" for all others.
    """
    carrier, colon, bare = number.partition(":")
    if not colon or not bare or not (carrier.replace("_", "") or "x").isalnum() or not carrier.isascii():
        return carrier_by_number(number), number
    return carrier or carrier_by_number(bare), bare


def answered(answer: Answer) -> dict[str, Any]:
    """The object in a good answer; an empty one for everything else."""
    if not 200 <= answer.status < 300:
        return {}
    return said_in(answer)


def said_in(answer: Answer) -> dict[str, Any]:
    """The object in an answer, good or not; an empty one where there is none."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def at_home(url: str, hosts: frozenset[str], account: Account) -> bool:
    """True if ``url``, which a body gave us, leads to one of the source's own ``hosts`` (https, no port, no user), or
    to the very address that the account's ``base_url`` names.
    """
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or "@" in found.netloc:
        return False
    own = account.credentials.get("base_url")
    if own:
        home = urlsplit(own)
        if (found.scheme, found.netloc) == (home.scheme, home.netloc) and found.path.startswith(home.path):
            return True
    return found.scheme == "https" and port is None and ":" not in found.netloc and found.hostname in hosts
