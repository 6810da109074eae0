"""What providers of labels are made of, and how they are talked to.

A provider's ``client`` builds ``Call``s and reads answers, and knows no network; here the calls are made, and what goes
wrong gets its name: whether it is to be asked again under the same key, or is refused for good.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from porchlight.asking import Caller
from porchlight.connectors import Answer, Call
from porchlight.domain.money import Money
from porchlight.domain.policy.model import Facility
from porchlight.errors import NO_ANSWER, THROTTLED, NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import Secrets
from porchlight.returning import LabelRequest, SenderAddress

_WAIT = frozenset({408, 425, 429})
_NOT_ALLOWED = frozenset({401, 402, 403})
"""Who it is is not known, may not, or has no money there."""
_USUAL_GRAMS = 1000
_KINDS = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class Said(NamedTuple):
    """A provider's answer as far as it can be read: any below 500, with its JSON object."""

    status: int
    data: dict[str, Any]

    @property
    def good(self) -> bool:
        """True for what was done."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Kit:
    """Made by the wiring."""

    secrets: Secrets
    caller: Callable[[], Caller]
    papers: Callable[[], Caller]
    """Who fetches documents from the addresses that a provider's answers name."""

    def account(self, brand: str, provider: str, needed: tuple[str, ...]) -> dict[str, Any]:
        """A brand's account with a provider, in the secret ``labels/{brand}``: ``{"easypost": {"api_key": …}}``.

        PermanentProviderError where there is none, or where it lacks something that is ``needed``.
        """
        try:
            stored = self.secrets.get(f"labels/{brand}")
        except NotFoundError:
            stored = {}
        found = stored.get(provider)
        if not isinstance(found, dict) or not all(found.get(field) for field in needed):
            raise PermanentProviderError("the secret of the provider of labels lacks something", code="not-set-up")
        return found

    def ask(self, call: Call) -> Said:
        """Make the call. TransientError for whatever may be otherwise the next time, PermanentProviderError where the
        account itself is refused; all else is for the provider to read.
        """
        answer = self.caller().make(call)
        if answer.status == 429:
            raise TransientError("the provider of labels answered 429", code=THROTTLED)
        if answer.status >= 500 or answer.status in _WAIT:
            raise TransientError(f"the provider of labels answered {answer.status}", code=NO_ANSWER)
        if answer.status in _NOT_ALLOWED:
            raise PermanentProviderError("the provider of labels does not know the account", code="not-set-up")
        return Said(answer.status, _object(answer))

    def paper(self, address: Any) -> tuple[bytes, str]:
        """The document at an address that a provider gave (``https://…``, or ``data:…;base64,…``), and its type: a PDF
        or a PNG. TransientError where it is not there (yet): the label is, and the same one is asked for again.
        """
        body = _inline(address) if str(address).startswith("data:") else self._fetched(str(address or ""))
        kind = next((kind for mark, kind in _KINDS if body.startswith(mark)), "")
        if not kind:
            raise TransientError("what should be the label is neither a PDF nor a PNG", code=NO_ANSWER)
        return body, kind

    def _fetched(self, address: str) -> bytes:
        try:
            answer = self.papers().make(Call(address))
        except PermanentProviderError as error:
            raise TransientError(error.detail, code=NO_ANSWER) from None
        if answer.status != 200:
            raise TransientError(f"the label's document answered {answer.status}", code=NO_ANSWER)
        return answer.body


def refused(*, address: bool = False) -> PermanentProviderError:
    """For good; ``address``: because of it, which the shopper or a person has to mend. What the provider said is not
    repeated: it may quote the address.
    """
    if address:
        return PermanentProviderError("the provider of labels does not take the address", code="address-refused")
    return PermanentProviderError("the provider of labels refused", code="label-refused")


def no_rate() -> PermanentProviderError:
    """No carrier of the account takes such a parcel."""
    return PermanentProviderError("nobody takes the parcel", code="no-rate")


def no_facility() -> PermanentProviderError:
    """The policy does not say where goods come back to."""
    return PermanentProviderError("the policy names no facility", code="no-facility")


def not_offered() -> PermanentProviderError:
    """The carrier has no code for this parcel."""
    return PermanentProviderError("the carrier has no code for this parcel", code="method-not-offered")


def unclear() -> TransientError:
    """The answer does not say whether there is a label."""
    return TransientError("the provider of labels said nothing that can be read", code=NO_ANSWER)


def names_in(account: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """A list of names in an account, or one name; () where there is none."""
    found = account.get(field)
    return tuple(map(str, found)) if isinstance(found, list) else (found,) if isinstance(found, str) and found else ()


def grams_of(wanted: LabelRequest, account: Mapping[str, Any]) -> int:
    """What the parcel weighs: as the shop says, else as the account does, else a kilogram."""
    said = account.get("weight_grams")
    usual = int(said) if isinstance(said, int) or (isinstance(said, str) and said.isdecimal()) else 0
    return wanted.weight_grams or usual or _USUAL_GRAMS


def street_address(of: Facility | SenderAddress, account: Mapping[str, Any]) -> dict[str, str]:
    """An address in the words that EasyPost and Shippo share; the phone is the account's: some carriers want one."""
    found = {
        "name": of.name,
        "street1": of.street,
        "street2": getattr(of, "more", ""),
        "city": of.city,
        "state": of.region,
        "zip": of.postcode,
        "country": of.country,
        "phone": str(account.get("phone") or ""),
    }
    return {name: value for name, value in found.items() if value}


def cheapest(priced: Sequence[tuple[Money, str, str]], carrier: str) -> str:
    """The id of the cheapest rate of the carrier that is wanted, else of any; "" where there is none.

    ``priced``: price, id of the rate, our id of the carrier.
    """
    ours = [one for one in priced if one[2] == carrier]
    return min(((cost.amount, key) for cost, key, _ in ours or priced), default=(0, ""))[1]


def text_of(data: Mapping[str, Any], *path: str) -> str:
    """The text or number at the end of ``path``; "" where there is none."""
    found: Any = data
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def objects_in(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; [] where there is no list."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def money_of(amount: str, currency: str) -> Money | None:
    """A price as providers write it; None for what is none."""
    try:
        return Money.of(amount, currency.upper())
    except ValueError:
        return None


def _object(answer: Answer) -> dict[str, Any]:
    """The object in an answer. TransientError for a good answer that is none: something was done, nobody knows what."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    if 200 <= answer.status < 300:
        raise unclear()
    return {}


def _inline(address: Any) -> bytes:
    _, comma, data = str(address).partition(";base64,")
    try:
        return base64.b64decode(data, validate=True) if comma else b""
    except (binascii.Error, ValueError):
        return b""
