"""Bodies of our own API."""

from pydantic import BaseModel, ValidationError

from porchlight.errors import InvalidInputError, PayloadTooLargeError

MOST_FAULTS = 10
MAX_BODY = 100_000
"""Bytes; a return has 100 lines at most."""


def read_json[Body: BaseModel](kind: type[Body], body: bytes) -> Body:
    """The body, or InvalidInputError that names each field at fault (and never repeats its value)."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in error.errors(include_input=False)]
        raise InvalidInputError("; ".join(faults[:MOST_FAULTS])) from None


def read_body[Body: BaseModel](kind: type[Body], body: bytes) -> Body:
    """The same for short bodies; PayloadTooLargeError for others."""
    if len(body) > MAX_BODY:
        raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
    return read_json(kind, body)
