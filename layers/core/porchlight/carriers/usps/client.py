"""How USPS is asked (Tracking API v3r2, 35 numbers a call; or v3, one) and told to push (Subscriptions-Tracking v3)."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from porchlight.bodies import clean, load_json, optional_object
from porchlight.connectors import Account, Answer, Call
from porchlight.errors import UnreadableBodyError

BASE = "https://apis.usps.com"


def _base(account: Account) -> str:
    return (account.credentials.get("base_url") or BASE).rstrip("/")


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}


def _sent(url: str, value: Any, token: str, numbers: Sequence[str] = ()) -> Call:
    return Call(
        url=url, method="POST", headers=_headers(token), body=json.dumps(value).encode(), numbers=tuple(numbers)
    )


class UspsClient:
    """The account's ``api_version`` ``v3`` asks the older API: one number a call."""

    credentials: Final = ("client_id", "client_secret")
    batch: Final = 35
    calls_per_minute: Final = 1
    """USPS grants a new app 60 calls an hour; more on request (then: the account's ``calls_per_minute``)."""

    def token(self, account: Account) -> Call:
        """JSON; tokens live for eight hours. Scopes that USPS has not granted to the app are missing without a word."""
        given = account.credentials
        asked = {
            "grant_type": "client_credentials",
            "client_id": given.get("client_id", ""),
            "client_secret": given.get("client_secret", ""),
        }
        return Call(
            url=f"{_base(account)}/oauth2/v3/token",
            method="POST",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=json.dumps(asked).encode(),
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request for all numbers (its answer may be 207: some are not known), or one for each with ``v3``."""
        if account.credentials.get("api_version") == "v3":
            return [
                Call(
                    url=f"{_base(account)}/tracking/v3/tracking/{quote(number, safe='')}?expand=DETAIL",
                    headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                    numbers=(number,),
                )
                for number in numbers
            ]
        asked = [{"trackingNumber": number} for number in numbers]
        return [_sent(f"{_base(account)}/tracking/v3r2/tracking", asked, token, numbers)]

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        """The request that resumes a subscription of which USPS says that it is suspended; None for other news."""
        from porchlight.carriers.usps.parse import suspended

        return SUBSCRIPTIONS.revive(suspended(body), account, token)


class UspsSubscriptions:
    """One number a subscription. USPS deletes one that brought nothing for 30 days: it is made anew by then, and where
    it still lives USPS refuses the double and names it.

    ``secret`` (32 characters) signs the pushes; ``admin_email`` is told of trouble, USPS insists on one.
    """

    credentials: Final = ("client_id", "client_secret", "secret", "admin_email")
    batch: Final = 1
    lifetime: Final = timedelta(days=30)
    keeps_history: Final = False

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One request for each number."""
        given = account.credentials
        return [
            _sent(
                f"{_base(account)}/subscriptions-tracking/v3/subscriptions",
                {
                    "listenerURL": callback,
                    "secret": given.get("secret", ""),
                    "adminNotification": [{"email": given.get("admin_email", "")}],
                    "filterProperties": {"trackingNumber": number},
                },
                token,
                (number,),
            )
            for number in numbers
        ]

    def subscribed(self, answer: Answer) -> str | None:
        """The id in a good answer, or in the refusal of a double; None for any other refusal."""
        try:
            data = optional_object(load_json(answer.body))
        except UnreadableBodyError:
            data = {}
        if 200 <= answer.status < 300:
            return clean(data.get("subscriptionId"), 100)
        error = optional_object(data.get("error"))
        inner = error.get("errors")
        entries = [error, *(entry for entry in (inner if isinstance(inner, list) else []) if isinstance(entry, dict))]
        for entry in entries:
            for said in (entry.get("message"), entry.get("title"), entry.get("detail")):
                if answer.status == 400 and (found := _named(clean(said, 2000))):
                    return found
        return None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """SUSPENDED back to ENABLED, whatever version of it USPS holds."""
        if not subscription_id:
            return None
        return Call(
            url=f"{_base(account)}/subscriptions-tracking/v3/subscriptions/{quote(subscription_id, safe='')}",
            method="PATCH",
            headers={**_headers(token), "If-Match": "*"},
            body=b'{"status": "ENABLED"}',
        )


def _named(text: str) -> str:
    """The id in ``…subscriptionId : 0192…``: 36 characters with four dashes; "" where there is none."""
    _, found, rest = text.partition("subscriptionId")
    candidate = rest.lstrip(" :=\"'")[:36] if found else ""
    ok = len(candidate) == 36 and candidate.count("-") == 4 and candidate.replace("-", "").isalnum()
    return candidate if ok and candidate.isascii() else ""


CLIENT = UspsClient()
SUBSCRIPTIONS = UspsSubscriptions()
