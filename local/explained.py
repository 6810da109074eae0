"""Why was this sent, and why was that not: one look at the messages of a parcel or an order. Mounted at /ops/messages;
`porchlight explain` prints the same.
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.front import Request, Response
from local.stack import Stack, brand_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from porchlight.services.explain_messages import MessageExplainer

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'"


def find(explainer: MessageExplainer, of: Sequence[str], subject: str) -> dict[str, Any] | None:
    """What became of every moment; None where none of the brands has it. ``subject``: an id of ours (``shp_``,
    ``ord_``), or a tracking number.
    """
    from porchlight.errors import NotFoundError

    kind = "order" if subject.startswith("ord_") else "shipment"
    for brand in of:
        for key in _keys(brand, subject):
            try:
                return {"brand": brand, **explainer.ask(brand, **{kind: key})}
            except NotFoundError:
                continue
    return None


def _keys(brand: str, subject: str) -> Sequence[str]:
    """Ids of ours that it may mean."""
    from porchlight.carriers.registry import carrier_ids
    from porchlight.domain.ids import shipment_id

    if subject.startswith(("ord_", "shp_")):
        return [subject]
    return [shipment_id(brand, carrier, subject) for carrier in carrier_ids()]


class Explained:
    """The handler for the front door."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        templates = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(
            loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    @cached_property
    def _explainer(self) -> MessageExplainer:
        from porchlight.services.explain_messages import MessageExplainer

        app = self._stack.app()
        return MessageExplainer(app.orders, app.shipments, app.catalogues)

    def __call__(self, request: Request) -> Response:
        """The form, and the answer where something was asked for."""
        from porchlight.errors import PorchlightError

        asked = (request.query.get("id") or [""])[0].strip()[:100]
        told, status, trouble = None, 200, ""
        try:
            with self._lock:
                told = find(self._explainer, brand_ids(), asked) if asked else None
        except (BotoCoreError, ClientError, OSError, PorchlightError) as error:
            status, trouble = 503, f"The local cloud does not answer ({type(error).__name__})."
        if asked and told is None and not trouble:
            status, trouble = 404, f"No brand has a parcel or an order {asked}."
        page = self._templates.get_template("ops_messages.html.j2")
        html = page.render(asked=asked, told=told, trouble=trouble, stage=self._stack.stage)
        return Response.html(html, status, [("Content-Security-Policy", _POLICY), ("Cache-Control", "no-store")])
