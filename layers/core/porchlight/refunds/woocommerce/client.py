"""WooCommerce (REST API v3, ``/orders/{id}/refunds``). It knows no idempotency key: a refund is looked for by ours
before it is made, which stands in its meta data and in its reason (that is written before the gateway is asked).
"""

import base64
import json
from typing import Any
from urllib.parse import quote

from porchlight.connectors import Answer as HttpAnswer
from porchlight.connectors import Call
from porchlight.domain.brands import BrandConfig, WooCommerceRefunds
from porchlight.domain.rma.answers import GONE
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import PermanentProviderError
from porchlight.refunds.kit import ApiProvider, by_status
from porchlight.returning import Answer, Instruction

META = "_porchlight_key"
_PAGE = 100
_PAGES = 20
_CANNOT = "woocommerce_rest_cannot_create_order_refund"
"""Answered with 500 where the gateway refuses."""


class WooCommerceSettlements(ApiProvider):
    """``returning.SettlementProvider``: refunds."""

    name = "WooCommerce"
    kinds = frozenset({SettlementKind.REFUND})
    alone = kinds

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """The refund that there is under this key, or a new one. Goods go back to the shelf by the inspection."""
        if found := self._made(brand, wanted):
            return _answer(found)
        body = {
            "amount": wanted.amount.decimal(),
            "reason": f"Return {wanted.key}",
            "api_refund": True,
            "api_restock": False,
            "meta_data": [{"key": META, "value": wanted.key}],
        }
        return _answer(self._call(brand, wanted, "", json.dumps(body).encode()))

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        """Among the refunds of the order."""
        found = self._made(brand, wanted)
        if found is None:
            return Answer(state=SettlementState.FAILED, reference=reference, why=GONE)
        return _answer(found)

    def _made(self, brand: BrandConfig, wanted: Instruction) -> dict[str, Any] | None:
        for page in range(1, _PAGES + 1):
            found = self._call(brand, wanted, f"?per_page={_PAGE}&page={page}")
            listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            for one in listed:
                if _is_ours(one, wanted.key):
                    return one
            if len(listed) < _PAGE:
                break
        return None

    def _call(self, brand: BrandConfig, wanted: Instruction, query: str, body: bytes = b"") -> Any:
        refunds = brand.refunds
        if not isinstance(refunds, WooCommerceRefunds):
            raise PermanentProviderError("the brand is not at WooCommerce", code="not-set-up")
        credentials = self._credentials(brand, "consumer_key", "consumer_secret")
        order = quote(self._order(brand, wanted.order_id).external_id, safe="")
        pair = f"{credentials['consumer_key']}:{credentials['consumer_secret']}"
        headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        if body:
            headers["content-type"] = "application/json"
        site = (credentials.get("base_url") or str(refunds.site)).rstrip("/")
        url = f"{site}/wp-json/wc/v3/orders/{order}/refunds{query}"
        return self._ask(Call(url=url, method="POST" if body else "GET", headers=headers, body=body), _refused)


def _is_ours(refund: dict[str, Any], key: str) -> bool:
    meta = refund.get("meta_data")
    listed = meta if isinstance(meta, list) else []
    named = any(isinstance(one, dict) and (one.get("key"), one.get("value")) == (META, key) for one in listed)
    return named or key in str(refund.get("reason") or "").split()


def _answer(found: Any) -> Answer:
    """A refund whose payment was not sent back by the gateway is a note, not money."""
    refund = found if isinstance(found, dict) else {}
    paid = refund.get("refunded_payment") is not False
    return Answer(
        state=SettlementState.DONE if paid else SettlementState.FAILED,
        reference=str(refund.get("id") or ""),
        why="" if paid else "gateway-did-not-pay",
    )


def _refused(answer: HttpAnswer, found: Any) -> str:
    code = found.get("code") if isinstance(found, dict) else None
    return "gateway-refused" if code == _CANNOT else by_status(answer, found)
