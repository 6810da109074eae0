"""How DHL Unified is asked, told to push, and answered when it wants to know that a subscription is meant.

All take ``DHL-API-Key``. An app starts with 250 calls a day and one a second; DHL raises it on request. The test
system of the push is ``https://api-test.dhl.com`` as the account's ``base_url``.
"""

import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from porchlight.bodies import clean, load_json, optional_object
from porchlight.carriers.dhl_unified import HOOK_HEADER
from porchlight.connectors import Account, Answer, Call
from porchlight.errors import ForbiddenError, UnreadableBodyError

_BASE: Final = "https://api-eu.dhl.com"
_PUSH: Final = "/tracking/push/v1/subscription"
_EVENTS: Final = ("Pre-Transit", "Transit", "Delivered", "Failure", "Unknown")
_OF_AN_ID: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


class DhlUnifiedClient:
    """``GET /track/shipments``, one number a call.

    The account's credential ``service`` (``express``, ``parcel-de``, …) keeps DHL from answering with another
    division's parcel of the same number.
    """

    credentials: Final = ("api_key",)
    batch: Final = 1
    calls_per_minute: Final = 12

    def token(self, account: Account) -> Call | None:
        """None: the key is enough."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request a number, answered in English."""
        service = account.credentials.get("service", "")
        more = f"&service={quote(service, safe='')}" if service else ""
        return [
            Call(
                f"{_base(account)}/track/shipments?trackingNumber={quote(number, safe='')}&language=en{more}",
                headers=_headers(account),
                numbers=(number,),
            )
            for number in numbers
        ]

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        """The activation that ``subscription.validate`` asks for; None for any other body.

        Only the id is taken from the body's address, and only if that address is DHL's or the account's own base:
        else ForbiddenError.
        """
        try:
            data = optional_object(load_json(body))
        except UnreadableBodyError:
            return None
        secret = clean(data.get("secret"), 500)
        if data.get("scope") != "subscription.validate" or not secret:
            return None
        found = _subscription_id(clean(data.get("self"), 500), urlsplit(_base(account)).hostname)
        if not found:
            raise ForbiddenError("the handshake names no subscription of DHL")
        return Call(
            f"{_base(account)}{_PUSH}/{found}",
            "POST",
            {**_headers(account), "DHL-API-Hook-Secret": secret},
        )


class DhlUnifiedSubscriptions:
    """``POST /tracking/push/v1/subscription`` for up to ten shipments of one service.

    DHL then asks whether we mean it (``errand``); after that it pushes the latest status of each, never what was
    before.
    """

    credentials: Final = ("api_key", "service", "hook_token")
    batch: Final = 10
    lifetime: Final = None
    keeps_history: Final = False

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One request for all numbers; DHL will repeat the account's ``hook_token`` in its header."""
        given = account.credentials
        proof = {
            "type": "ApiKeyAuthentication",
            "header": given.get("hook_header") or HOOK_HEADER,
            "token": given["hook_token"],
        }
        wanted = {
            "hook": {"uri": callback, "authentication": proof},
            "format": "Default",
            "type": "Shipment",
            "service": given["service"],
            "events": list(_EVENTS),
            "shipmentIDs": list(numbers),
        }
        headers = {**_headers(account), "content-type": "application/json"}
        return [Call(_base(account) + _PUSH, "POST", headers, json.dumps(wanted).encode(), tuple(numbers))]

    def subscribed(self, answer: Answer) -> str | None:
        """The id at the end of the answer's own address."""
        if not 200 <= answer.status < 300:
            return None
        try:
            data = optional_object(load_json(answer.body))
        except UnreadableBodyError:
            return ""
        named = clean(data.get("subscriptionId") or data.get("id"), 100)
        return named or clean(data.get("self"), 500).rstrip("/").rpartition("/")[2]

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: DHL does not suspend; an ended subscription is made anew."""
        return None


def _base(account: Account) -> str:
    return account.credentials.get("base_url", "").rstrip("/") or _BASE


def _headers(account: Account) -> dict[str, str]:
    return {"DHL-API-Key": account.credentials["api_key"], "accept": "application/json"}


def _subscription_id(address: str, own: str | None) -> str:
    """The last part of a subscription's address; "" unless it is DHL's (or under the account's own base)."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    before, _, last = parts.path.rstrip("/").rpartition("/")
    if host != own and not host.endswith(".dhl.com"):
        return ""
    if not before.endswith("/subscription") or not last or not set(last) <= _OF_AN_ID:
        return ""
    return last


CLIENT = DhlUnifiedClient()
SUBSCRIPTIONS = DhlUnifiedSubscriptions()
