"""Bodies of our own API."""

from pydantic import BaseModel, ValidationError

from porchlight.errors import InvalidInputError

MOST_FAULTS = 10


def read_json[Body: BaseModel](kind: type[Body], body: bytes) -> Body:
    """The body, or InvalidInputError that names each field at fault (and never repeats its value)."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in error.errors(include_input=False)]
        raise InvalidInputError("; ".join(faults[:MOST_FAULTS])) from None
