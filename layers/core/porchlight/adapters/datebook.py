"""The learner's books and the models that they make, in the bucket of bodies.

::

    dates/{brand}/models/{version}.json.gz   every model, for whoever asks why a date was named
    dates/{brand}/current.json.gz            the one that predicts
    dates/{brand}/calibration.json.gz        how its dates were kept, as others read it
    dates/{brand}/state.json.gz              what the next day goes on from: two gzip members, calibration and book

The state is written last. Killed before it, the next run learns the same days again, makes the same model and counts
the same parcels.
"""

import gzip
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from porchlight.adapters.aws import client, translate, translated
from porchlight.errors import TransientError

if TYPE_CHECKING:
    from porchlight.domain.calibration import Calibration
    from porchlight.domain.forecast.book import Book
    from porchlight.domain.forecast.model import Model

FRESH_SECONDS = 600
"""A new model is used everywhere within this time."""
_NONE = '"none"'
"""The tag of no object."""


def key(brand: str, name: str) -> str:
    """The key of an object of a brand: ``state``, ``current``, ``calibration``, ``models/{version}``."""
    return f"dates/{brand}/{name}.json.gz"


class DateBook:
    """``predicting.Learned`` in the bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def load(self, brand: str) -> "tuple[Book, Calibration]":
        """Two gzip members, one behind the other."""
        from porchlight.domain.calibration import Calibration
        from porchlight.domain.forecast.book import Book

        found = _get(self._bucket, key(brand, "state"))
        if found is None:
            return Book(brand), Calibration()
        first = zlib.decompressobj(wbits=31)
        calibration = Calibration.model_validate_json(first.decompress(found.body))
        return Book.load(first.unused_data), calibration

    def save(self, brand: str, book: "Book", calibration: "Calibration") -> None:
        """The model first, the state last: see above."""
        model = book.model()
        calibration.version = model.version
        dumped = model.dump()
        _put(self._bucket, key(brand, f"models/{model.version}"), dumped)
        _put(self._bucket, key(brand, "current"), dumped)
        _put(self._bucket, key(brand, "calibration"), _packed(calibration.published()))
        _put(self._bucket, key(brand, "state"), _packed(calibration) + book.dump())

    def calibration(self, brand: str) -> "Calibration":
        """As it was published last; empty before the first run."""
        from porchlight.domain.calibration import Calibration

        found = _get(self._bucket, key(brand, "calibration"))
        return published(found.body) if found else Calibration()


def published(body: bytes) -> "Calibration":
    """What lies under the key ``calibration``."""
    from porchlight.domain.calibration import Calibration

    return Calibration.model_validate_json(gzip.decompress(body))


class CurrentModels:
    """``predicting.DateModels``: each brand's model is kept in the process, and looked at again after a while."""

    def __init__(self, bucket: str, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._clock = clock
        self._known: dict[str, tuple[float, str, Model]] = {}

    def current(self, brand: str) -> "Model":
        """One GET after ten minutes, which brings nothing where nothing has changed. While the bucket does not answer,
        the model that is known goes on.
        """
        fresh_until, etag, model = self._known.get(brand, (0.0, "", None))
        now = self._clock()
        if model and now < fresh_until:
            return model
        try:
            found = _get(self._bucket, key(brand, "current"), etag)
        except TransientError:
            if model is None:
                raise
            found = _Found(b"", etag)
        if model is None or found is None or found.etag != etag:
            model = _model(brand, found)
        self._known[brand] = (now + FRESH_SECONDS, found.etag if found else "", model)
        return model


class _Found(NamedTuple):
    """An object; one that is unchanged comes without its body."""

    body: bytes
    etag: str


def _model(brand: str, found: _Found | None) -> "Model":
    """One without history where there is none, where a later release has made it and this one is back, or where it is
    damaged: facts are recorded all the same.
    """
    from porchlight.domain.forecast.model import Model, ModelFormatError

    if found:
        try:
            return Model.load(found.body)
        except (ModelFormatError, zlib.error):
            pass
    from porchlight.domain.forecast.book import Book  # brings the calendars of holidays: only now

    return Book(brand).model()


def _get(bucket: str, name: str, etag: str = "") -> _Found | None:
    """None where there is no such object. Whoever may not list the bucket hears 403 in that case, not 404."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client("s3").get_object(Bucket=bucket, Key=name, IfNoneMatch=etag or _NONE)
        return _Found(answer["Body"].read(), answer["ETag"])
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in ("304", "NotModified"):
            return _Found(b"", etag)
        if code == "NoSuchKey":
            return None
        raise translate(error) from error
    except BotoCoreError as error:
        raise TransientError(type(error).__name__) from error


def _put(bucket: str, name: str, body: bytes) -> None:
    with translated():
        client("s3").put_object(Bucket=bucket, Key=name, Body=body, ContentType="application/gzip")


def _packed(calibration: "Calibration") -> bytes:
    return gzip.compress(calibration.model_dump_json(exclude_defaults=True).encode(), mtime=0)
