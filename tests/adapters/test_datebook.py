"""What was learned, in the bucket: kept whole, found again, and cheap to look at."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from porchlight.adapters import datebook
from porchlight.adapters.datebook import CurrentModels, DateBook
from porchlight.domain.calibration import Calibration
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Forecast, Life, Route
from porchlight.domain.journal import JournalEntry
from porchlight.errors import TransientError
from tests.adapters.conftest import BUCKET, Stores

MONDAY = date(2026, 3, 2)
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY", prefix="100")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def brand(real: Stores) -> str:
    return real.brand


@pytest.fixture
def learned(cloud: str) -> DateBook:
    return DateBook(BUCKET)


def taught(brand: str, through: date = MONDAY) -> tuple[Book, Calibration]:
    """A week of one parcel a day, each three days on its way."""
    book, calibration = Book(brand), Calibration()
    for back in range(10, 0, -1):
        placed = through - timedelta(days=back)
        delivered = placed + timedelta(days=3)
        known = {"handed": placed, "delivered": delivered} if delivered <= through else {"handed": placed}
        book.record(Life(f"shp_{placed}", ROUTE, placed, promised=placed + timedelta(days=4), **known))
        if delivered <= through:
            days = {
                level: placed + timedelta(days=2 if level == "p50" else 4) for level in ("p10", "p50", "p80", "p90")
            }
            made = datetime(2026, 3, 1, tzinfo=UTC)
            told = {"purchase": Forecast(moment="purchase", made_at=made, version="x", **days)}
            calibration.count(
                JournalEntry(
                    **{"brand": brand, "shipment_id": f"shp_{placed}", "version": 1, "recorded_on": through},
                    **{"route": ROUTE, "placed": placed, "delivered": delivered, "forecasts": told},
                )
            )
    book.close(through)
    calibration.close(through)
    return book, calibration


def test_before_the_first_night_all_is_empty(learned: DateBook, brand: str) -> None:
    book, calibration = learned.load(brand)
    assert (book.brand, book.through, calibration) == (brand, None, Calibration())
    assert learned.calibration(brand) == Calibration()


def test_what_was_saved_is_loaded_and_goes_on_alike(learned: DateBook, brand: str) -> None:
    book, calibration = taught(brand)
    learned.save(brand, book, calibration)
    found, counted = learned.load(brand)
    assert (found.dump(), counted.model_dump()) == (book.dump(), calibration.model_dump())
    assert counted.recent(28) == calibration.recent(28)
    assert counted.recent(28)["purchase"] == 8
    for one in (book, found):
        one.close(MONDAY + timedelta(days=1))
    assert found.dump() == book.dump()


def test_others_read_the_sums_and_not_the_parcels(learned: DateBook, brand: str) -> None:
    book, calibration = taught(brand)
    learned.save(brand, book, calibration)
    published = learned.calibration(brand)
    assert (published.months, published.through) == (calibration.months, MONDAY)
    assert published.version == book.model().version
    assert not published.counted


def test_every_model_stays_and_the_newest_is_current(learned: DateBook, brand: str) -> None:
    book, calibration = taught(brand)
    learned.save(brand, book, calibration)
    first = book.model().version
    book.close(MONDAY + timedelta(days=1))
    learned.save(brand, book, calibration)
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"dates/{brand}/models/")["Contents"]
    names = {datebook.key(brand, f"models/{version}") for version in (first, book.model().version)}
    assert {one["Key"] for one in listed} == names
    assert CurrentModels(BUCKET, Clock()).current(brand).version == book.model().version != first


@pytest.mark.parametrize("puts", range(4))
def test_killed_while_saving_the_next_night_comes_to_the_same_end(
    learned: DateBook, brand: str, puts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a night that dies before its n-th write, when the next one learns the same days, then all is as if the
    first had lived.
    """
    learned.save(brand, *taught(brand, MONDAY - timedelta(days=1)))
    before = learned.load(brand)[0].dump()
    real, done = datebook._put, []

    def dies(*arguments: Any) -> None:
        if len(done) == puts:
            raise TransientError("killed")
        done.append(arguments)
        real(*arguments)

    monkeypatch.setattr(datebook, "_put", dies)
    with pytest.raises(TransientError):
        learned.save(brand, *taught(brand))
    monkeypatch.undo()
    assert learned.load(brand)[0].dump() == before
    learned.save(brand, *taught(brand))
    book, calibration = taught(brand)
    assert learned.load(brand)[0].dump() == book.dump()
    assert learned.calibration(brand).months == calibration.months
    assert CurrentModels(BUCKET, Clock()).current(brand).version == book.model().version


class TestCurrentModels:
    def test_without_history_it_answers_all_the_same(self, cloud: str, brand: str) -> None:
        model = CurrentModels(BUCKET, Clock()).current(brand)
        assert (model.brand, model.through) == (brand, None)
        assert "cold_start" in model.confidence(ROUTE)
        assert model.purchase(ROUTE, MONDAY).p50 >= 0

    def test_it_is_kept_for_ten_minutes_and_then_looked_at_again(
        self, learned: DateBook, brand: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock, asked = Clock(), []
        models, real = CurrentModels(BUCKET, clock), datebook._get
        monkeypatch.setattr(datebook, "_get", lambda *rest: asked.append(found := real(*rest)) or found)
        book, calibration = taught(brand)
        learned.save(brand, book, calibration)
        first = models.current(brand)
        assert models.current(brand) is first
        clock.now = datebook.FRESH_SECONDS - 1
        assert models.current(brand) is first
        assert len(asked) == 1
        clock.now += 1
        assert models.current(brand) is first
        assert [len(found.body) > 0 for found in asked] == [True, False], "nothing is brought where nothing has changed"
        book.close(MONDAY + timedelta(days=1))
        learned.save(brand, book, calibration)
        clock.now += datebook.FRESH_SECONDS
        assert models.current(brand).through == MONDAY + timedelta(days=1)

    def test_the_first_model_of_a_brand_is_found_without_a_restart(self, learned: DateBook, brand: str) -> None:
        clock = Clock()
        models = CurrentModels(BUCKET, clock)
        assert models.current(brand).through is None
        learned.save(brand, *taught(brand))
        clock.now = datebook.FRESH_SECONDS
        assert models.current(brand).through == MONDAY

    def test_brands_have_models_of_their_own(self, learned: DateBook, brand: str) -> None:
        models = CurrentModels(BUCKET, Clock())
        learned.save(brand, *taught(brand))
        assert (models.current(brand).through, models.current("another").through) == (MONDAY, None)

    def test_while_the_bucket_is_down_the_known_model_goes_on(
        self, learned: DateBook, brand: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock()
        models = CurrentModels(BUCKET, clock)
        learned.save(brand, *taught(brand))
        known = models.current(brand)
        clock.now = datebook.FRESH_SECONDS

        def down(*_: str) -> None:
            raise TransientError("SlowDown")

        monkeypatch.setattr(datebook, "_get", down)
        assert models.current(brand) is known
        with pytest.raises(TransientError):
            models.current("another")

    def test_a_model_of_a_later_release_is_as_none(self, cloud: str, brand: str) -> None:
        body = b"not a model of this release"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=datebook.key(brand, "current"), Body=body)
        assert CurrentModels(BUCKET, Clock()).current(brand).through is None

    def test_a_damaged_model_is_as_none(self, cloud: str, learned: DateBook, brand: str) -> None:
        """Given bits that were turned over anywhere, then parcels are recorded all the same."""
        learned.save(brand, *taught(brand))
        place = {"Bucket": BUCKET, "Key": datebook.key(brand, "current")}
        whole = boto3.client("s3").get_object(**place)["Body"].read()
        for at in range(0, len(whole), len(whole) // 20):
            damaged = bytes((*whole[:at], whole[at] ^ 0xFF, *whole[at + 1 :]))
            boto3.client("s3").put_object(**place, Body=damaged)
            assert CurrentModels(BUCKET, Clock()).current(brand).brand == brand


def test_the_bucket_forgets_nothing_of_it() -> None:
    """Given the lifecycle of template.yaml, then no rule reaches what lies under ``dates/``."""
    from tests.template.translated import of_type

    rules = of_type("S3::Bucket")["Bodies"]["LifecycleConfiguration"]["Rules"]
    assert rules
    assert all(rule["Prefix"] and not datebook.key("b", "state").startswith(rule["Prefix"]) for rule in rules)
