"""The update and condition expressions that the adapters write, evaluated as DynamoDB does; nothing beyond them."""

import re
from collections.abc import Mapping
from typing import Any

Item = dict[str, dict[str, str]]

_COMMA = re.compile(r", (?![^(]*\))")
_COMPARED = re.compile(r"(\S+) (=|<|<=|>=|>) (\S+)")


def holds(condition: str, item: Item | None, asked: Mapping[str, Any]) -> bool:
    """Whether an item, or none, meets ``a AND b OR c``."""
    return not condition or any(
        all(_is_true(part, item or {}, asked) for part in one.split(" AND ")) for one in condition.split(" OR ")
    )


def updated(item: Item | None, asked: Mapping[str, Any]) -> tuple[Item, list[str]]:
    """The item after ``SET … ADD …``, and the names of what was written."""
    new = dict(item or {}) | asked["Key"]
    sets, _, adds = asked["UpdateExpression"].removeprefix("SET ").partition(" ADD ")
    written = []
    for part in _COMMA.split(sets):
        name, _, value = part.partition(" = ")
        written.append(_name(name, asked))
        new[written[-1]] = _value(value, item or {}, asked)
    if adds:
        name, value = adds.split(" ")
        written.append(_name(name, asked))
        new[written[-1]] = _sum(new.get(written[-1]), asked["ExpressionAttributeValues"][value])
    return new, written


def _is_true(part: str, item: Item, asked: Mapping[str, Any]) -> bool:
    if part.startswith("attribute_not_exists("):
        return _name(part.removeprefix("attribute_not_exists(").removesuffix(")"), asked) not in item
    found = _COMPARED.fullmatch(part)
    assert found is not None, part
    stored = item.get(_name(found[1], asked))
    if stored is None:
        return False
    one, other = _plain(stored), _plain(asked["ExpressionAttributeValues"][found[3]])
    return {"=": one == other, "<": one < other, "<=": one <= other, ">=": one >= other, ">": one > other}[found[2]]


def _value(text: str, item: Item, asked: Mapping[str, Any]) -> dict[str, str]:
    values = asked["ExpressionAttributeValues"]
    if text.startswith("if_not_exists("):
        name, value = text.removeprefix("if_not_exists(").removesuffix(")").split(", ")
        found: dict[str, str] = item.get(_name(name, asked), values[value])
        return found
    if " + " in text:
        one, other = (_value(part, item, asked) for part in text.split(" + "))
        return _sum(one, other)
    return values[text] if text.startswith(":") else item[_name(text, asked)]


def _name(text: str, asked: Mapping[str, Any]) -> str:
    return str(asked.get("ExpressionAttributeNames", {}).get(text, text))


def _sum(one: dict[str, str] | None, other: dict[str, str]) -> dict[str, str]:
    return {"N": str((int(one["N"]) if one else 0) + int(other["N"]))}


def _plain(value: dict[str, str]) -> Any:
    return int(value["N"]) if "N" in value else value["S"]
