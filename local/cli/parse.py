"""`porchlight parse`: what a connector reads in a payload, as JSON. For puzzling payloads, and for measuring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from porchlight.connectors import CarrierConnector
    from porchlight.domain.orders import StoreChange

commands = typer.Typer()
BRANDS = Path(__file__).parents[2] / "brand"


@commands.command("parse")
def parse_command(
    files: Annotated[list[Path], typer.Argument(help="Payloads; - is standard input.")],
    source: Annotated[str, typer.Option("--source", "-s", help="The carrier or store that sent them.")],
    topic: Annotated[str, typer.Option(help="A store's topic; guessed from the body where it is not given.")] = "",
    brand: Annotated[str, typer.Option("--brand", "-b", help="Whose, where several brands declare SOURCE.")] = "",
) -> None:
    """Read payloads as the connector of SOURCE would, and print what it takes from them.

    SOURCE may also be a carrier that a brand declares: brand/BRAND/carriers/SOURCE.yaml, as it lies here.
    One FILE prints one JSON object; several print a list of them, each with its "file".
    Exit code 1 if any of them could not be read.
    """
    import json
    import sys

    results = []
    for file in files:
        try:
            body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILES") from None
        results.append(read_payload(source, body, topic, brand))
    several = [{"file": str(file), **result} for file, result in zip(files, results, strict=True)]
    print(json.dumps(several if len(files) > 1 else results[0], indent=1, ensure_ascii=False))
    if any("error" in result for result in results):
        raise typer.Exit(1)


def read_payload(source: str, body: bytes, topic: str = "", brand: str = "") -> dict[str, Any]:
    """What a body says, in the form of ``carriers/README.md``'s expect.json; ``{"error": …}`` where it says nothing."""
    from porchlight.carriers.registry import carrier, carrier_ids
    from porchlight.errors import UnreadableBodyError
    from porchlight.stores.registry import store, store_ids

    try:
        if connector := carrier(source):
            return _tracking(connector, body)
        if shop := store(source):
            return _store(body, topic, shop.parse)
        if one := _declared(source, brand):
            return _tracking(one, body)
    except UnreadableBodyError as error:
        return {"error": error.detail}
    known = ", ".join((*carrier_ids(), *store_ids(), *_mappings()))
    raise typer.BadParameter(f"there is no connector {source!r}; there are {known}", param_hint="--source")


def _declared(source: str, brand: str) -> "CarrierConnector | None":
    """The carrier as this checkout's brands declare it; the one brand that does needs no name."""
    from porchlight.carriers.declared import DeclaredCarrier

    mappings = _mappings().get(source, {})
    if brand:
        mappings = {name: mapping for name, mapping in mappings.items() if name == brand}
    if not mappings:
        return None
    first = next(iter(mappings))
    if any(mapping != mappings[first] for mapping in mappings.values()):
        whose = " and ".join(mappings)
        raise typer.BadParameter(f"{source} is declared by {whose}, each in its way", param_hint="--brand")
    return DeclaredCarrier(source, {first: mappings[first]})


def _mappings() -> dict[str, dict[str, dict[str, Any]]]:
    from layers.brand.mappings import MappingError, declared

    try:
        brands = sorted(folder.name for folder in BRANDS.iterdir() if (folder / "brand.yaml").is_file())
        return declared(BRANDS, brands, examples=False)
    except MappingError as error:
        raise typer.BadParameter(str(error), param_hint="--source") from None


def _tracking(connector: "CarrierConnector", body: bytes) -> dict[str, Any]:
    from porchlight.domain.printed import printed

    reports = connector.parse(body)
    kind = "not_tracking" if reports or not hasattr(connector, "classify") else connector.classify(body)
    return printed(reports, str(kind))


def _store(body: bytes, topic: str, parse: Any) -> dict[str, Any]:
    data = _bare(body)
    topic = topic or _topic_of(data)
    changes: Sequence[StoreChange] = parse(topic, body)
    if not changes:
        ids = {"order_id": data.get("order_id"), "id": data.get("id")}
        return {"kind": _kind_of(data), "topic": topic, **ids, "note": "this changes nothing"}
    return _changed(changes[0], data)


def _bare(body: bytes) -> dict[str, Any]:
    from porchlight.bodies import as_object, load_json

    data = as_object(load_json(body), "the body")
    for kind in ("order", "fulfillment", "refund"):
        if kind in data and "id" not in data:
            return as_object(data[kind], kind)
    return data


def _kind_of(data: dict[str, Any]) -> str:
    from porchlight.errors import UnreadableBodyError
    from porchlight.stores.shopify.parse import kind_of

    kind = kind_of(data)
    if kind is None:
        raise UnreadableBodyError("neither an order nor a fulfilment nor a refund")
    return kind


def _topic_of(data: dict[str, Any]) -> str:
    topics = {"order": "orders/create", "fulfillment": "fulfillments/create", "refund": "refunds/create"}
    return topics[_kind_of(data)]


def _changed(change: "StoreChange", data: dict[str, Any]) -> dict[str, Any]:
    from porchlight.domain.printed import iso

    if change.kind == "order":
        return {
            "kind": "order",
            "order_id": change.external_id,
            "order_number": change.number,
            "created_at": iso(change.placed_at),
            "currency": change.currency,
            "total": change.total.decimal(),
            "financial_status": data.get("financial_status"),
            "fulfillment_status": data.get("fulfillment_status"),
            "line_items": len(change.lines),
            "cancelled_at": iso(change.cancelled_at) if change.cancelled_at else None,
        }
    if change.kind == "fulfillment":
        return {
            "kind": "fulfillment",
            "order_id": change.external_order_id,
            "fulfillment_id": change.fulfillment_id,
            "tracking_numbers": list(change.tracking_numbers),
            "tracking_company": data.get("tracking_company"),
            "carrier": change.carrier,
            "created_at": iso(change.shipped_at),
            "status": data.get("status"),
        }
    lines, moved = data.get("refund_line_items"), data.get("transactions")
    statuses = {entry.get("status") for entry in moved if isinstance(entry, dict)} if isinstance(moved, list) else set()
    return {
        "kind": "refund",
        "order_id": change.external_order_id,
        "refund_id": change.refund_id,
        "created_at": iso(change.refunded_at),
        "amount": change.amount.decimal(),
        "currency": change.amount.currency,
        "refund_line_items": len(lines) if isinstance(lines, list) else 0,
        "transaction_status": statuses.pop() if len(statuses) == 1 else None,
    }
