"""`porchlight parse`: what a connector reads in a payload, as JSON. For puzzling payloads, and for measuring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from porchlight.connectors import CarrierConnector, StoreConnector
    from porchlight.domain.orders import StoreChange

commands = typer.Typer()
BRANDS = Path(__file__).parents[2] / "brand"


@commands.command("parse")
def parse_command(
    files: Annotated[list[Path], typer.Argument(help="Payloads; - is standard input.")],
    source: Annotated[
        str, typer.Option("--source", "-s", help="The carrier, store or payment provider that sent them.")
    ],
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
    if any("error" in result or "refused" in result for result in results):
        raise typer.Exit(1)


def read_payload(source: str, body: bytes, topic: str = "", brand: str = "") -> dict[str, Any]:
    """What a body says, in the form of ``carriers/README.md``'s expect.json; ``{"error": …}`` where it says nothing."""
    from porchlight.carriers.registry import carrier, carrier_ids
    from porchlight.errors import UnreadableBodyError
    from porchlight.refunds.registry import reader_ids, refund_reader
    from porchlight.stores.registry import store, store_ids

    try:
        if connector := carrier(source):
            return _tracking(connector, body)
        if shop := store(source):
            return _store(shop, body, topic)
        if reader := refund_reader(source):
            return dict(reader.preview(body))
        if one := _declared(source, brand):
            return _tracking(one, body)
    except UnreadableBodyError as error:
        return {"error": error.detail}
    known = ", ".join((*carrier_ids(), *store_ids(), *reader_ids(), *_mappings()))
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


def _store(shop: "StoreConnector", body: bytes, topic: str) -> dict[str, Any]:
    """What a store's body is, and what changes by it. Of a list (a REST answer) each entry by itself."""
    import json

    from porchlight.errors import UnreadableBodyError

    listed = _listed(body)
    if listed == []:
        return {"kind": "no_result"}
    if listed is not None:
        found = [_store(shop, json.dumps(entry).encode(), topic) for entry in listed]
        return found[0] if len(found) == 1 else {"objects": found}
    looks_like, words = shop.preview(body)
    if not topic and not looks_like:
        return words
    try:
        changes = shop.parse(topic or looks_like, body)
    except UnreadableBodyError as error:
        if topic:
            raise
        return {**words, "refused": error.detail}
    if not changes:
        return {**words, "topic": topic or looks_like, "note": "this changes nothing"}
    return {**words, **_changed(changes[0]), **_others(changes[1:])}


def _listed(body: bytes) -> list[Any] | None:
    """The entries of a list, bare or under its name (``{"orders": [...]}``); None for anything else."""
    from porchlight.bodies import load_json

    if body.lstrip()[:1] not in (b"[", b"{"):
        return None
    value = load_json(body)
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        value = inner if name in ("orders", "fulfillments", "refunds", "order_refunds") else value
    return value if isinstance(value, list) else None


def _changed(change: "StoreChange") -> dict[str, Any]:
    from porchlight.domain.money import UNNAMED
    from porchlight.domain.printed import iso

    if change.kind == "order":
        return {
            "order_id": change.external_id,
            "order_number": change.number,
            "created_at": iso(change.placed_at),
            "currency": change.currency,
            "total": change.total.decimal(),
            "cancelled_at": iso(change.cancelled_at) if change.cancelled_at else None,
        }
    if change.kind == "fulfillment":
        return {
            "order_id": change.external_order_id,
            "fulfillment_id": change.fulfillment_id,
            "tracking_numbers": list(change.tracking_numbers),
            "carrier": change.carrier,
            "created_at": iso(change.shipped_at),
            "lines": {line.line_id: line.quantity for line in change.lines},
            "supplier": change.supplier,
        }
    if change.kind == "withdrawal":
        return {"order_id": change.external_order_id}
    named = change.amount.currency != UNNAMED
    return {
        "order_id": change.external_order_id,
        "refund_id": change.refund_id,
        "created_at": iso(change.refunded_at),
        **({"amount": change.amount.decimal(), "currency": change.amount.currency} if named else {}),
    }


def _others(changes: "Sequence[StoreChange]") -> dict[str, Any]:
    """What else one body says: parcels and refunds beside their order, further ones of the same kind."""
    names = {"order": "orders", "fulfillment": "parcels", "refund": "refunds", "withdrawal": "withdrawals"}
    found: dict[str, Any] = {}
    for change in changes:
        found.setdefault(names[change.kind], []).append(_changed(change))
    return found
