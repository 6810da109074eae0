"""The API as OpenAPI 3.1, from the bodies that are read and the answers that are given. Published at
``GET /v1/openapi.json`` and as ``docs/openapi.json`` (a test compares them).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from porchlight.services import return_answers as answers
from porchlight.services.own_label import LabelBody
from porchlight.services.put_order import OrderBody
from porchlight.services.return_bodies import ReturnBody
from porchlight.services.review_return import AssignBody, DecisionBody, NoteBody, PostedBody
from porchlight.services.warehouse_bodies import GoodsBody, InspectionBody, ReceiptBody, RepairBody

VERSION = "1"
_KEY = {"description": "8 to 128 characters; the same key again is the same return", "minLength": 8, "maxLength": 128}
_WHY = {
    400: "The request is not valid",
    401: "The API key is missing or not valid",
    403: "The API key lacks the scope",
    404: "No such thing, or another brand's",
    409: "The state does not allow it (any more)",
    413: "The body is too large",
    503: "Try again; sending again is safe",
}
_ONE = "/v1/returns/{return_id}"


@dataclass(frozen=True)
class Operation:
    """One route. ``query``: its parameters, with what they are; ``answers``: the body of each status that is no
    problem; None: anything.
    """

    method: str
    path: str
    scope: str
    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    problems: tuple[int, ...]
    body: type[BaseModel] | None = None
    query: tuple[tuple[str, str], ...] = ()
    once: bool = False
    """The header ``idempotency-key`` is needed."""

    @property
    def name(self) -> str:
        """``post_v1_returns_return_id_cancel``."""
        words = self.path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
        return "_".join([self.method.lower(), *words])


_READ, _WRITE = (401, 403, 404, 503), (400, 401, 403, 404, 409, 413, 503)
_RETURN = {200: answers.ReturnAnswer}
_LISTS = {
    "shopper": "Of a shopper: our id, or the shop's customer id; the newest first",
    "order": "Of an order",
    "state": "`in_review`: those that wait for a person, the nearest deadline first",
    "since": "Asked for from this instant on, the oldest first",
    "until": "With `since`: before this instant",
    "after": "The `next` of the page before",
}
OPERATIONS = (
    Operation(
        *("PUT", "/v1/orders/{id}", "orders:write", "Write an order and its parcels", {200: answers.OrderAnswer}),
        *((400, 401, 403, 413, 503), OrderBody),
    ),
    Operation(
        *("POST", "/v1/orders/{id}/gift-receipt", "returns:write", "A link to give an order back without prices"),
        *({200: answers.GiftReceipt}, _READ),
    ),
    Operation(
        *("POST", "/v1/returns", "returns:write", "Ask for a return"),
        *({202: answers.ReturnAnswer, 200: answers.ReturnAnswer}, _WRITE, ReturnBody),
        once=True,
    ),
    Operation(
        *("POST", "/v1/returns/offers", "returns:read", "What can be had; nothing is written"),
        *({200: answers.OffersAnswer}, _WRITE, ReturnBody),
    ),
    Operation(
        *("GET", "/v1/returns", "returns:read", "Returns by one of shopper, order, state or since"),
        *({200: answers.ReturnsAnswer}, (400, 401, 403, 503)),
        query=tuple(_LISTS.items()),
    ),
    Operation("GET", _ONE, "returns:read", "One return", _RETURN, _READ),
    Operation("POST", f"{_ONE}/cancel", "returns:write", "Call it off", _RETURN, (*_READ, 409)),
    Operation("POST", f"{_ONE}/decision", "returns:decide", "Answer a question", _RETURN, _WRITE, DecisionBody),
    Operation("POST", f"{_ONE}/assign", "returns:decide", "Say whose question it is", _RETURN, _WRITE, AssignBody),
    Operation("POST", f"{_ONE}/notes", "returns:decide", "Note something on a question", _RETURN, _WRITE, NoteBody),
    Operation("POST", f"{_ONE}/reopen", "returns:decide", "Look at it once more", _RETURN, _WRITE, NoteBody),
    Operation("POST", f"{_ONE}/posted", "returns:decide", "It was sent, as is proved", _RETURN, _WRITE, PostedBody),
    Operation("POST", f"{_ONE}/label", "returns:decide", "Another label", _RETURN, _WRITE, LabelBody),
    Operation(
        *("POST", f"{_ONE}/label/upload", "returns:decide", "A form for the PDF of a label"),
        *({200: answers.UploadForm}, (*_READ, 409)),
    ),
    Operation("POST", f"{_ONE}/receive", "returns:receive", "Book a parcel", _RETURN, _WRITE, ReceiptBody),
    Operation("POST", f"{_ONE}/inspect", "returns:receive", "Say what was found", _RETURN, _WRITE, InspectionBody),
    Operation("POST", f"{_ONE}/repair", "returns:receive", "Say how far a repair is", _RETURN, _WRITE, RepairBody),
    Operation(
        *("POST", "/v1/goods", "returns:receive", "Many bookings and inspections", {200: answers.GoodsAnswer}),
        *((400, 401, 403, 413, 503), GoodsBody),
    ),
    Operation(
        *("GET", "/v1/goods/unmatched", "returns:receive", "Goods that belong to no return", {200: None}),
        *((401, 403, 503),),
    ),
)


@cache
def document() -> dict[str, Any]:
    """The whole document, as JSON has it."""
    read = {one.body for one in OPERATIONS if one.body}
    given = {model for one in OPERATIONS for model in one.answers.values() if model} | {answers.Problem}
    models = [(model, "validation") for model in _sorted(read)] + [(model, "serialization") for model in _sorted(given)]
    refs, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, {key[0]: ref for key, ref in refs.items()})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Porchlight",
            "version": VERSION,
            "description": "Orders, returns and what warehouses say of them. Problems are RFC 9457.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "https://{host}", "variables": {"host": {"default": "track.example.com"}}}],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def _sorted(models: set[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: model.__name__)


def _operation(one: Operation, refs: Mapping[Any, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": part.strip("{}"), "in": "path", "required": True, "schema": {"type": "string"}}
        for part in one.path.split("/")
        if part.startswith("{")
    ]
    if one.once:
        schema = {"type": "string", **{name: value for name, value in _KEY.items() if name != "description"}}
        said = {"description": _KEY["description"], "schema": schema}
        parameters.append({"name": "idempotency-key", "in": "header", "required": True, **said})
    for name, meaning in one.query:
        parameters.append({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}})
    responses: dict[str, Any] = {}
    for status, model in one.answers.items():
        content = {"application/json": {"schema": refs[model] if model else {"type": "object"}}}
        responses[str(status)] = {
            "description": "Written, to be decided" if status == 202 else "OK",
            "content": content,
        }
    for status in sorted(one.problems):
        content = {"application/problem+json": {"schema": refs[answers.Problem]}}
        responses[str(status)] = {"description": _WHY[status], "content": content}
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: `{one.scope}`.",
        "parameters": parameters,
        "responses": responses,
    }
    if one.body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[one.body]}}}
    return found
