"""Asking AfterShip: fifty numbers a call, of any carriers; only numbers that were told to it are known."""

from collections.abc import Sequence
from typing import Final

from porchlight.bodies import clean
from porchlight.carriers.asking import JSON, answered, base, quoted, said_in, sent, told
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.aftership.com/tracking/2026-07"
_SLUGS = {
    "dhl_ecommerce": "dhl-global-mail",
    "dhl_express": "dhl",
    "dhl_parcel_de": "dhl-germany",
    "evri": "myhermes-uk",
    **{
        carrier: carrier.replace("_", "-")
        for carrier in (
            "australia_post bpost canada_post canpar dpd dpd_uk fedex gls ontrac purolator royal_mail tnt ups usps"
        ).split()
    },
}
"""AfterShip's names of our carriers, as far as they are certain: it finds the others itself."""
_EXISTS = 4003


def _headers(account: Account) -> dict[str, str]:
    return {"as-api-key": account.credentials.get("api_key", "")}


class AfterShipClient:
    """``GET /trackings`` with a list of numbers."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 50
    calls_per_minute = 600

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all."""
        listed = ",".join(quoted(told(number)[1]) for number in numbers)
        url = f"{base(account, HOST)}/trackings?limit=200&tracking_numbers={listed}"
        return [Call(url, headers={**JSON, **_headers(account)}, numbers=tuple(numbers))]


class AfterShipSubscriptions:
    """``POST /trackings``. The carrier is found by AfterShip among those that the account has activated, unless the
    number names it (``ups:1Z…``). The webhook is set up once for the account.
    """

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number."""
        url, calls = f"{base(account, HOST)}/trackings", []
        for number in numbers:
            carrier, bare = told(number)
            tracking = {"tracking_number": bare}
            if carrier in _SLUGS and bare != number:
                tracking["slug"] = _SLUGS[carrier]
            calls.append(sent(url, tracking, _headers(account), (number,)))
        return calls

    def subscribed(self, answer: Answer) -> str | None:
        """The tracking's id; also where AfterShip says that it has it already."""
        made = answered(answer)
        found = made.get("data")
        if not made:
            refused = said_in(answer)
            meta, found = refused.get("meta"), refused.get("data")
            if not isinstance(meta, dict) or meta.get("code") != _EXISTS:
                return None
        found = found if isinstance(found, dict) else {}
        inner = found.get("tracking")
        return clean((inner if isinstance(inner, dict) else found).get("id"), 128)

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """Tracks an expired tracking again (AfterShip allows it once)."""
        if not subscription_id:
            return None
        url = f"{base(account, HOST)}/trackings/{quoted(subscription_id)}/retrack"
        return Call(url, method="POST", headers={**JSON, **_headers(account)})


CLIENT = AfterShipClient()
SUBSCRIPTIONS = AfterShipSubscriptions()
