"""The webhook: one POST with the key of a remedy as its id, so that the same one twice is recognizable as one."""

import http.client
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from porchlight.deciding import Task
from porchlight.domain.brands import BrandConfig
from porchlight.domain.remedies import Remedy
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import Orders, Secrets
from porchlight.returning import Answer, Instruction
from porchlight.signing import secrets_in, signed

TIMEOUT = 10.0
MAX_ANSWER = 65_536
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRY_LATER = frozenset({408, 409, 425, 429})
REFUND = "refund.requested"
_KINDS = {
    Remedy.REFUND: REFUND,
    Remedy.RESEND: "reship.requested",
    Remedy.CREDIT: "credit.requested",
    Remedy.CLAIM: "claim.requested",
}

_SETTLEMENTS = {
    SettlementKind.REFUND: REFUND,
    SettlementKind.CREDIT: "credit.requested",
    SettlementKind.EXCHANGE: "exchange.requested",
    SettlementKind.REPLACE: "replacement.requested",
    SettlementKind.CHARGE: "charge.requested",
    SettlementKind.HOLD: "hold.requested",
    SettlementKind.RELEASE: "hold.released",
    SettlementKind.CAPTURE: "hold.captured",
    SettlementKind.REPAIR: "repair.requested",
}
_STATES = {one.value: one for one in (SettlementState.ACCEPTED, SettlementState.DONE, SettlementState.FAILED)}


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer like any other: a signed request goes nowhere but to the address in the configuration."""

    def redirect_request(self, *_: Any) -> None:
        return None


class SignedWebhook:
    """Signed messages to the brand's own system. The secret ``refunds/{brand}`` is ``{"secret": "whsec_…"}``,
    and ``previous`` beside it while it is being rotated.
    """

    def __init__(
        self,
        secrets: Secrets,
        default_url: str,
        orders: Orders | None = None,
        *,
        clock: Callable[[], float] = time.time,
        timeout: float = TIMEOUT,
    ) -> None:
        self._secrets = secrets
        self._default_url = default_url
        self._orders = orders
        self._clock = clock
        self._timeout = timeout
        self._opener = build_opener(_NoRedirects, ProxyHandler({}))

    def _send(self, brand: BrandConfig, key: str, kind: str, data: dict[str, Any]) -> Answer:
        """Ask for it; without a word about it in the answer it is done. ``data`` is ids and money; nothing personal."""
        url = _checked(str(brand.refunds.url or self._default_url))
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        order = self._orders.get(brand.brand_id, data["order_id"]) if self._orders else None
        if order:
            data["order"] = order.external_id
        message = {"type": kind, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
        body = json.dumps(message, separators=(",", ":"))
        headers = {
            "content-type": "application/json",
            "user-agent": "porchlight",
            **signed(self._keys(brand), key, now, body),
            "idempotency-key": key,
        }
        return _answer(self._post(url, body.encode(), headers), key)

    def _keys(self, brand: BrandConfig) -> tuple[str, ...]:
        try:
            return secrets_in(self._secrets.get(f"refunds/{brand.brand_id}"))
        except (NotFoundError, ValueError) as error:
            # Put right by an operator, within the hours for which the workflow goes on asking.
            raise TransientError("the secret of the refund webhook is missing or not usable") from error

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bytes:
        """The answer's body. What is said by the other side is never repeated: it may name the shopper."""
        request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 (checked: https or loopback)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                found: bytes = answer.read(MAX_ANSWER)
                return found
        except HTTPError as error:
            error.close()
            if error.code >= 500 or error.code in _TRY_LATER:
                raise TransientError(f"the refund webhook answered {error.code}") from None
            raise PermanentProviderError(f"the refund webhook answered {error.code}") from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise TransientError(f"the refund webhook cannot be reached ({type(error).__name__})") from None


class WebhookSettlements(SignedWebhook):
    """``returning.SettlementProvider``: one type of message for each kind."""

    kinds = frozenset(SettlementKind)
    alone: frozenset[SettlementKind] = frozenset()
    looks = False

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """Ask for it under its key."""
        data: dict[str, Any] = {
            "return_id": wanted.return_id,
            "order_id": wanted.order_id,
            "amount": wanted.amount.amount,
            "currency": wanted.amount.currency,
            "key": wanted.key,
            "lines": [{"line_id": line, "quantity": count} for line, count in wanted.lines.items()],
        }
        if wanted.parts:
            data["parts"] = wanted.parts.model_dump(exclude={"currency", "by_line"}, exclude_defaults=True)
        if wanted.wanted:
            data["wanted"] = [{"sku": sku, "quantity": count} for sku, count in wanted.wanted.items()]
        if wanted.shopper_id:
            data["shopper_id"] = wanted.shopper_id
        if wanted.of:
            data["hold"] = wanted.of
        return self._send(brand, wanted.key, _SETTLEMENTS[wanted.kind], data)

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        """The same message once more: under the same key it is the same thing, and the answer says where it is."""
        return self.carry_out(brand, wanted)


class WebhookRemedies(SignedWebhook):
    """``deciding.Remedies``: ``refund.requested``, ``reship.requested``, ``credit.requested``, ``claim.requested`` and
    ``cancel.requested``.
    """

    def carry_out(self, brand: BrandConfig, task: Task) -> str:
        """One message under the task's key; a cancelled order whose money goes back has two: first it must not be
        shipped.
        """
        data: dict[str, Any] = {
            "order_id": task.order_id,
            "shipment_id": task.shipment_id,
            "delay_id": task.delay_id,
            "kind": task.kind.value,
            "lines": [{"line_id": line, "quantity": count} for line, count in task.lines.items()],
            "key": task.key,
        }
        if task.amount:
            data |= {"amount": task.amount.amount, "currency": task.amount.currency}
        if task.remedy is not Remedy.CANCEL:
            return self._send(brand, task.key, _KINDS[task.remedy], data).reference
        first = f"{task.key}-cancel"
        reference = self._send(brand, first, "cancel.requested", {**data, "key": first}).reference
        paid = task.amount is not None and task.amount.amount > 0
        return self._send(brand, task.key, REFUND, data).reference if paid else reference


def _checked(url: str) -> str:
    """The address, if money may be sent there: https, or plain http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return url
    raise PermanentProviderError("the address of the refund webhook is missing or not https")


def _answer(body: bytes, key: str) -> Answer:
    """What a JSON answer says: ``reference`` (or ``id``), ``state``, ``why``, and the shop's id of a new ``order``."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        found = {}
    return Answer(
        state=_STATES.get(str(found.get("state", "")).lower(), SettlementState.DONE),
        reference=_text(found.get("reference")) or _text(found.get("id")) or key,
        why=_text(found.get("why"))[:60],
        order=_text(found.get("order"))[:128],
    )


def _text(value: Any) -> str:
    return str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""
