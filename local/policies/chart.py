"""What a replay found as bars: on the terminal, and as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parents[1] / "templates"
_WIDTH = 40
"""Of the longest bar, in characters."""
_BLOCKS = " ▏▎▍▌▋▊▉█"


def bars(rows: Sequence[Mapping[str, Any]], name: str, before: str = "then", after: str = "new") -> list[str]:
    """Two bars for each row, its ``before`` and ``after``, to one scale."""
    most = max((row[side] for row in rows for side in ("before", "after")), default=0)
    wide = max((len(str(row[name])) for row in rows), default=0)
    side_wide = max(len(before), len(after))
    lines = []
    for row in rows:
        for side, word in (("before", before), ("after", after)):
            label = str(row[name]) if side == "before" else ""
            lines.append(f"{label:<{wide}}  {word:<{side_wide}}  {_bar(row[side], most)} {row[side]:,}")
    return lines


def _bar(value: int, most: int) -> str:
    eighths = round(value / most * _WIDTH * 8) if most else 0
    whole, rest = divmod(max(eighths, 1 if value else 0), 8)
    return "█" * whole + (_BLOCKS[rest] if rest else "")


def money_label(minor: int, currency: str) -> str:
    """``-€49.00`` of minor units."""
    from porchlight.domain.money import Money

    return Money(amount=minor, currency=currency).label()


def page(document: Mapping[str, Any]) -> str:
    """The whole replay as a page: charts as inline SVG, tables beneath."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
    templates.filters["money"] = money_label
    templates.filters["words"] = lambda text: str(text).replace("_", " ")
    return templates.get_template("policy_replay.html.j2").render(
        brands=[{**brand, "charts": _charts(brand)} for brand in document["brands"]],
        policy=document["policy"],
        since=document["from"],
        until=document["to"],
    )


def _charts(brand: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is drawn, each to a scale of its own: decisions, then money by currency."""
    decisions = [{"name": row["decision"], "sides": _sides(row)} for row in brand["decisions"]]
    charts = [_chart("Decisions", brand["decisions"], decisions)]
    for currency in dict.fromkeys(row["currency"] for row in brand["money"]):
        rows = [row for row in brand["money"] if row["currency"] == currency]
        shown = [{"name": row["money"], "sides": _sides(row, currency)} for row in rows]
        charts.append(_chart(f"Money, {currency}", rows, shown))
    return charts


def _sides(row: Mapping[str, Any], currency: str = "") -> list[dict[str, Any]]:
    """The two bars of a row; amounts where there is a currency."""
    return [
        {
            "side": side,
            "value": row[side],
            "label": money_label(row[side], currency) if currency else f"{row[side]:,}",
        }
        for side in ("before", "after")
    ]


def _chart(title: str, rows: Sequence[Mapping[str, Any]], shown: list[dict[str, Any]]) -> dict[str, Any]:
    most = max((row[side] for row in rows for side in ("before", "after")), default=0)
    for row in shown:
        for side in row["sides"]:
            side["width"] = round(100 * side["value"] / most, 2) if most else 0
    return {"title": title, "rows": shown}
