"""The proof of a 17TRACK webhook. Since v2: header ``sign``, hex SHA-256 of ``{raw body}/{API key}``. In v1 it stands
in the body: ``sign``, hex SHA-256 of ``{event}/{data as it stands}/{API key}``.

A plain hash and no HMAC; with the key at the end, a known hash cannot be extended.
"""

import hashlib
from json import JSONDecodeError, JSONDecoder

from porchlight.bodies import load_json, same
from porchlight.connectors import InboundRequest
from porchlight.errors import UnreadableBodyError

HEADER = "sign"
_DECODER = JSONDecoder()


def signed(request: InboundRequest, key: str) -> bool:
    """True if the request is signed with ``key``, in the header or, where there is none, in the body."""
    if not key:
        return False
    given = request.headers.get(HEADER)
    if given is not None:
        return same(given.strip().lower(), hashlib.sha256(request.body + b"/" + key.encode()).hexdigest())
    if b'"sign"' not in request.body:
        return False
    try:
        data = load_json(request.body)
    except UnreadableBodyError:
        return False
    if not isinstance(data, dict) or not isinstance(data.get("sign"), str) or not isinstance(data.get("event"), str):
        return False
    text = _as_it_stands(request.body.decode("utf-8-sig"), "data")
    signed_text = f"{data['event']}/{text}/{key}"
    return same(data["sign"].strip().lower(), hashlib.sha256(signed_text.encode("utf-8", "replace")).hexdigest())


def _as_it_stands(text: str, wanted: str) -> str:
    """The text of the top-level member ``wanted`` of a JSON object that is known to be sound; "" where it has none."""
    found, at = "", text.index("{") + 1
    while True:
        at = _skip(text, at, " \t\r\n,")
        if text[at] == "}":
            return found
        try:
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at, " \t\r\n:")
            _, end = _DECODER.raw_decode(text, at)
        except (JSONDecodeError, RecursionError):
            return ""
        if name == wanted:
            found = text[at:end]
        at = end


def _skip(text: str, at: int, what: str) -> int:
    while text[at] in what:
        at += 1
    return at
