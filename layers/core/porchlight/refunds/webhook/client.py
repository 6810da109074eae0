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
from porchlight.domain.returns import Return
from porchlight.errors import NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import Orders, Secrets
from porchlight.signing import secrets_in, signed

TIMEOUT = 10.0
MAX_ANSWER = 65_536
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRY_LATER = frozenset({408, 425, 429})
REFUND = "refund.requested"
_KINDS = {
    Remedy.REFUND: REFUND,
    Remedy.RESEND: "reship.requested",
    Remedy.CREDIT: "credit.requested",
    Remedy.CLAIM: "claim.requested",
}


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

    def _send(self, brand: BrandConfig, key: str, kind: str, data: dict[str, Any]) -> str:
        """Ask for it; returns the ``reference`` (or ``id``) in the answer, the key where there is none. ``data`` is ids
        and money; nothing personal.
        """
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
        return _reference(self._post(url, body.encode(), headers)) or key

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


class WebhookRefunds(SignedWebhook):
    """``ports.RefundProvider``: ``refund.requested``."""

    def refund(self, brand: BrandConfig, request: Return) -> str:
        """Ask for the refund under its key."""
        refund = request.refund
        if refund is None:
            raise PermanentProviderError("there is no refund to ask for")
        data = {
            "return_id": request.return_id,
            "order_id": request.order_id,
            "amount": refund.amount.amount,
            "currency": refund.amount.currency,
            "key": refund.key,
        }
        return self._send(brand, refund.key, REFUND, data)


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
            return self._send(brand, task.key, _KINDS[task.remedy], data)
        first = f"{task.key}-cancel"
        reference = self._send(brand, first, "cancel.requested", {**data, "key": first})
        paid = task.amount is not None and task.amount.amount > 0
        return self._send(brand, task.key, REFUND, data) if paid else reference


def _checked(url: str) -> str:
    """The address, if money may be sent there: https, or plain http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return url
    raise PermanentProviderError("the address of the refund webhook is missing or not https")


def _reference(answer: bytes) -> str | None:
    """The provider's reference in a JSON answer."""
    try:
        found = json.loads(answer)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    reference = found.get("reference") or found.get("id")
    return str(reference)[:200] if isinstance(reference, str | int) else None
