"""Returns as the brand's people see them: those that wait for a decision first, then one with all that is known of it.
Mounted at /ops/returns; decisions are taken by the desk behind `POST /v1/returns/{return_id}/decision`.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.front import Request, Response
from local.stack import Stack, brand_ids

if TYPE_CHECKING:
    from datetime import datetime

    from porchlight.domain.brands import BrandConfig
    from porchlight.domain.returns import Return
    from porchlight.runtime.bootstrap import App

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'self'"
_LATELY = timedelta(days=30)
_SHOWN = 100
BY = "ops"


class Returned:
    """The handler for the front door."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        templates = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(
            loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def __call__(self, request: Request) -> Response:
        """The list, one return (``?brand=…&id=…``), one of its pictures (``&photo=…``), or a decision (POST)."""
        from porchlight.errors import PorchlightError

        brand, return_id, photo = ((request.query.get(name) or [""])[0] for name in ("brand", "id", "photo"))
        try:
            with self._lock:
                if request.method == "POST":
                    return self._decide(request, brand, return_id)
                if photo:
                    return self._photo(brand, return_id, photo)
                return self._one(brand, return_id) if return_id else self._list()
        except (BotoCoreError, ClientError, OSError, PorchlightError) as error:
            status = error.status if isinstance(error, PorchlightError) and error.status < 500 else 503
            said = error.detail if isinstance(error, PorchlightError) else "The local cloud does not answer"
            return self._page(status, trouble=f"{said} ({type(error).__name__}).", waiting=None, one=None)

    def _list(self) -> Response:
        app = self._stack.app()
        now = app.clock()
        waiting, lately = [], []
        for brand in brand_ids():
            found, _ = app.returns.in_review(brand, _SHOWN)
            waiting += [_row(one, now) for one in found]
            asked, _ = app.returns.asked(brand, now - _LATELY, now + timedelta(minutes=1), _SHOWN)
            lately += [_row(one, now) for one in asked if one.review is None]
        waiting.sort(key=lambda row: str(row["due"]))
        lately.sort(key=lambda row: str(row["asked"]), reverse=True)
        return self._page(waiting=waiting, lately=lately, one=None)

    def _one(self, brand: str, return_id: str, trouble: str = "", status: int = 200) -> Response:
        from porchlight.errors import NotFoundError

        app = self._stack.app()
        request = app.returns.get(brand, return_id) if brand in brand_ids() else None
        if request is None:
            raise NotFoundError("no such return")
        told = _told(request, app.brands.get(brand), app)
        return self._page(status, trouble=trouble, waiting=None, one=told)

    def _photo(self, brand: str, return_id: str, photo: str) -> Response:
        """A picture that the return names: no other one of the bucket."""
        from porchlight.errors import NotFoundError

        app = self._stack.app()
        request = app.returns.get(brand, return_id) if brand in brand_ids() else None
        if request is None or photo not in _photos(request):
            raise NotFoundError("no such picture")
        headers = [("Content-Type", "image/jpeg"), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]
        return Response(200, app.documents.get(photo), headers)

    def _decide(self, request: Request, brand: str, return_id: str) -> Response:
        """As the API does it; a page of somebody else's may not."""
        from porchlight.errors import ConflictError, ForbiddenError, InvalidInputError
        from porchlight.services.review_return import DecisionBody, ReviewDesk

        names = {name.lower(): value for name, value in request.headers.items()}
        if names.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise ForbiddenError("forms of other sites are not taken")
        sent = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        app = self._stack.app()
        desk = ReviewDesk(app.returns, app.orders)
        note = sent.get("note", "")[:500]
        amount = sent.get("amount_minor", "")
        try:
            if sent.get("action") == "assign":
                desk.assign(brand, return_id, sent.get("assignee", "")[:100], BY, app.clock())
            elif sent.get("action") == "reopen":
                desk.reopen(brand, return_id, BY, app.clock(), note)
            elif sent.get("action") in ("approve", "refuse"):
                minor = int(amount) if amount.isascii() and amount.isdigit() else None
                body = DecisionBody(approve=sent["action"] == "approve", note=note, amount_minor=minor)
                desk.decide(brand, return_id, body, BY, app.clock())
        except (ConflictError, InvalidInputError) as error:
            return self._one(brand, return_id, f"Not done: {error.detail}.", error.status)
        where = f"/ops/returns?{urlencode({'brand': brand, 'id': return_id})}"
        return Response(303, b"", [("Location", where), ("Cache-Control", "no-store")])

    def _page(self, status: int = 200, *, trouble: str = "", **view: Any) -> Response:
        page = self._templates.get_template("ops_returns.html.j2")
        html = page.render(trouble=trouble, stage=self._stack.stage, **{"lately": (), **view})
        return Response.html(html, status, [("Content-Security-Policy", _POLICY), ("Cache-Control", "no-store")])


def _photos(request: Return) -> list[str]:
    return [name for line in request.lines for name in line.photos]


def _row(request: Return, now: datetime) -> dict[str, Any]:
    review, money = request.review, request.refund_amount or (request.parts.total if request.parts else None)
    return {
        "brand": request.brand,
        "id": request.return_id,
        "asked": f"{request.requested_at:%Y-%m-%d %H:%M}",
        "kind": request.kind.value,
        "state": request.state.value.replace("_", " "),
        "resolution": request.resolution.value.replace("_", " "),
        "amount": money.label() if money else "",
        "stage": review.stage if review else "",
        "why": review.why.replace("_", " ") if review else "",
        "due": f"{review.due_at:%Y-%m-%d %H:%M}" if review else "",
        "near": bool(review and review.due_at - now < timedelta(days=1)),
        "assignee": review.assignee if review else "",
        "risk": request.risk.level.value if request.risk else "",
    }


def _told(request: Return, brand: BrandConfig, app: App) -> dict[str, Any]:
    """All that the brand's people may know: facts, rules, risk, parts, pictures, and what happened."""
    from porchlight.domain.policy.explain import explain
    from porchlight.domain.rma.answers import may_reopen

    said = explain(request, brand.returns)
    facts = request.facts
    shopper = facts.shopper.model_dump(mode="json") if facts else {}
    return {
        **_row(request, app.clock()),
        "order": request.order_id,
        "shopper": request.shopper_id,
        "method": request.method.value.replace("_", " "),
        "source": request.source,
        "policy": request.policy_version,
        "lines": [line.model_dump(mode="json") for line in request.lines],
        "photos": _photos(request),
        "aspects": said.aspects,
        "refused": said.refused,
        "rules": said.rules,
        "orders": [
            one.model_dump(mode="json", exclude_defaults=True) for one in (facts.orders.values() if facts else ())
        ],
        "shopper_facts": {name: value for name, value in shopper.items() if value},
        "score": request.risk.score if request.risk else 0,
        "reasons": dict(request.risk.reasons) if request.risk else {},
        "parts": request.parts.model_dump(exclude_defaults=True, exclude={"by_line"}) if request.parts else {},
        "decisions": [one.model_dump(mode="json") for one in reversed(request.decisions)],
        "notes": list(request.review.notes) if request.review else [],
        "settlements": [one.model_dump(mode="json", exclude={"parts", "lines"}) for one in request.settlements],
        "asks_amount": bool(request.review and request.review.stage in ("goods", "money")),
        "may_reopen": may_reopen(request),
    }
