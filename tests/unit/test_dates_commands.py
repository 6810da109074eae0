"""`porchlight dates learn, calibration, export, seed`: learning by hand, how dates were kept, histories out and in."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.calibration import Calibration
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Route
from porchlight.domain.journal import JournalEntry
from porchlight.services.learn_dates import Learner
from tests.fakes import FakeBrands, FakeJournal, FakeLearned, FakeMetrics
from tests.unit.stories import NOW, brand

TODAY = NOW.date()
DAY = timedelta(days=1)
ROUTE = Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY", prefix="100", sender="portland")


class Lambda:
    """Learns in this process, as the function would."""

    def __init__(self, ports: SimpleNamespace) -> None:
        self.ports, self.error = ports, ""

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, Payload) == ("the-function", b"{}")
        if self.error:
            body = {"errorType": self.error, "errorMessage": "secret"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(body).encode())}
        learner = Learner(self.ports.journal, self.ports.learned, self.ports.brands, FakeMetrics(), lambda: 0.0)
        done = {name: {**one._asdict(), "through": str(one.through)} for name, one in learner.run(NOW, 1)}
        return {"Payload": io.BytesIO(json.dumps(done).encode())}


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    fjordhus = brand().model_copy(update={"brand_id": "fjordhus"})
    found = SimpleNamespace(
        journal=FakeJournal(), learned=FakeLearned(), brands=FakeBrands(brand(), fjordhus), clock=lambda: NOW
    )
    found.function = Lambda(found)
    outputs = {"LearnDatesName": "the-function"}
    stack = SimpleNamespace(app=lambda: found, client=lambda service, **_: found.function, outputs=outputs)
    monkeypatch.setattr(Stack, "open", lambda stage, region: stack)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["dates", *arguments])


def entry(shipment_id: str = "shp_1", **update: Any) -> JournalEntry:
    values: dict[str, Any] = {
        **{"brand": "larkspur", "shipment_id": shipment_id, "version": 1, "recorded_on": TODAY - DAY, "route": ROUTE},
        **{"placed": TODAY - 4 * DAY, "placed_hour": 7, "promised": TODAY - DAY},
    }
    return JournalEntry(**{**values, **update})


class TestLearn:
    def test_it_runs_the_function_and_says_what_was_learned(self, ports: SimpleNamespace) -> None:
        ports.journal.put([entry()])
        told = run("learn", "--json")
        assert json.loads(told.stdout)["brands"][1] == {
            **{"brand": "larkspur", "days": 1, "entries": 1, "through": str(TODAY - DAY), "behind": 0}
        }
        assert ports.learned.load("larkspur")[0].through == TODAY - DAY
        assert "fjordhus" in run("learn").stdout

    def test_a_run_that_failed_is_told_without_its_words(self, ports: SimpleNamespace) -> None:
        ports.function.error = "BookFormatError"
        told = run("learn")
        assert told.exit_code == 1
        assert "BookFormatError" in told.output
        assert "secret" not in told.output


class TestCalibration:
    @pytest.fixture(autouse=True)
    def _learned(self, ports: SimpleNamespace) -> None:
        calibration, book = Calibration(), Book("larkspur")
        for number in range(4):
            route = ROUTE.model_copy(update={"destination": "US-NY" if number else "US-CA"})
            day = TODAY - (number == 3) * DAY
            calibration.count(entry(f"shp_{number}", delivered=day, recorded_on=TODAY, route=route))
        book.close(TODAY)
        calibration.close(TODAY)
        ports.learned.save("larkspur", book, calibration)

    def test_a_row_for_each_carrier_with_the_number_beside_each_rate(self) -> None:
        told = run("calibration").stdout
        assert "ups" in told
        assert "25% of 4" in told
        assert "US-NY" not in told

    def test_a_row_for_each_lane(self) -> None:
        told = run("calibration", "--lanes", "--brand", "larkspur").stdout
        assert ("US-NY" in told, "33% of 3" in told, "0% of 1" in told) == (True, True, True)

    def test_as_a_document_and_without_any(self) -> None:
        first, second = json.loads(run("calibration", "--json").stdout)["brands"]
        assert (first["brand"], first["months"][0]["parcels"]) == ("fjordhus", 0)
        assert second["months"][0]["carriers"][0]["promise"] == {"n": 4, "kept": 0.25}
        assert "Nothing is counted yet" in run("calibration", "--brand", "fjordhus").output


class TestExport:
    @staticmethod
    def rows(file: Path) -> list[dict[str, str]]:
        body = file.read_bytes()
        text = gzip.decompress(body).decode() if file.suffix == ".gz" else body.decode()
        return list(csv.DictReader(io.StringIO(text)))

    def export(self, out: Path, since: date = TODAY - 9 * DAY, until: date = TODAY, *more: str) -> Result:
        return run("export", "--brand", "larkspur", "--from", f"{since}", "--to", f"{until}", "--out", str(out), *more)

    @pytest.mark.parametrize("name", ["history.csv", "history.csv.gz"])
    def test_a_row_for_each_parcel_as_it_is_known_last(self, ports: SimpleNamespace, tmp_path: Path, name: str) -> None:
        handed = {"handed": TODAY - 3 * DAY}
        ports.journal.put([entry(version=1, recorded_on=TODAY - 4 * DAY), entry(version=2, **handed)])
        ports.journal.put(
            [entry(version=3, delivered=TODAY, recorded_on=TODAY, first_promised=TODAY - 2 * DAY, **handed)]
        )
        ports.journal.put([entry("shp_2", placed_hour=6)])
        told = self.export(tmp_path / name, TODAY - 9 * DAY, TODAY, "--json")
        assert json.loads(told.stdout) | {"file": ""} == {"brand": "larkspur", "parcels": 2, "delivered": 1, "file": ""}
        second, first = self.rows(tmp_path / name)
        assert first == {
            **{"id": "shp_1", "created": "2026-02-26T07:00:00", "handed": "2026-02-27T12:00:00"},
            **{"delivered": "2026-03-02T12:00:00", "promised": "2026-02-28", "seller": "portland"},
            **{"o_state": "US-OR", "o_zip5": "", "d_state": "US-NY", "d_zip5": "100"},
            **{"carrier": "ups", "service": "ground"},
        }
        assert (second["id"], second["handed"], second["delivered"]) == ("shp_2", "", "")
        assert [file.name for file in tmp_path.iterdir()] == [name]

    def test_days_outside_and_orders_that_never_left_are_not_in_it(
        self, ports: SimpleNamespace, tmp_path: Path
    ) -> None:
        ports.journal.put([entry("shp_old", recorded_on=TODAY - 10 * DAY), entry("shp_new", recorded_on=TODAY + DAY)])
        ports.journal.put([entry("shp_cancelled", ended=True), entry("shp_lost", ended=True, handed=TODAY - 2 * DAY)])
        self.export(tmp_path / "h.csv")
        assert [row["id"] for row in self.rows(tmp_path / "h.csv")] == ["shp_lost"]

    def test_what_stops_halfway_leaves_the_file_of_before(self, ports: SimpleNamespace, tmp_path: Path) -> None:
        ports.journal.put([entry()])
        self.export(tmp_path / "h.csv")
        before = (tmp_path / "h.csv").read_bytes()

        def dies(brand: str, day: date) -> Iterator[JournalEntry]:
            yield entry("shp_2")
            raise OSError("gone")

        ports.journal.read = dies
        assert self.export(tmp_path / "h.csv").exit_code != 0
        assert (tmp_path / "h.csv").read_bytes() == before

    def test_days_the_wrong_way_round(self, ports: SimpleNamespace, tmp_path: Path) -> None:
        told = self.export(tmp_path / "h.csv", TODAY, TODAY - DAY)
        assert told.exit_code == 2
        assert "--to is before --from" in told.output.replace("\n", " ")


class TestSeed:
    @pytest.fixture
    def history(self, ports: SimpleNamespace, tmp_path: Path) -> Path:
        """What one stage exports: two months of parcels that take three days."""
        for number in range(60):
            placed = TODAY - (60 - number) * DAY
            for one in range(5):
                known = {"placed": placed, "handed": placed, "promised": placed + 4 * DAY, "recorded_on": placed}
                if number < 57:
                    known["delivered"] = placed + 3 * DAY
                ports.journal.put([entry(f"shp_{number}_{one}", **known)])
        out = tmp_path / "history"
        out.mkdir()
        told = run(
            *("export", "--brand", "larkspur", "--from", f"{TODAY - 60 * DAY}", "--to", f"{TODAY}"),
            *("--out", str(out / "larkspur.csv.gz")),
        )
        assert told.exit_code == 0, told.output
        return out

    def seed(self, history: Path, *more: str) -> Result:
        return run("seed", "--brand", "fjordhus", "--data", str(history), *more)

    def test_what_was_exported_is_learned_by_another_brand(self, ports: SimpleNamespace, history: Path) -> None:
        told = json.loads(self.seed(history, "--json").stdout)
        assert (told["parcels"], told["rows_skipped"], told["through"]) == (300, 0, str(TODAY - DAY))
        book, calibration = ports.learned.load("fjordhus")
        assert (str(book.through), calibration.version) == (told["through"], told["model"])
        model = book.model()
        assert "cold_start" not in model.confidence(ROUTE)
        assert abs(model.handover(ROUTE, TODAY).p50 - 3) <= 1

    def test_learning_goes_on_after_its_last_day(self, ports: SimpleNamespace, history: Path) -> None:
        self.seed(history)
        ports.journal.put([entry("shp_new", brand="fjordhus", recorded_on=TODAY)])
        ports.clock = lambda: NOW + DAY
        learner = Learner(ports.journal, ports.learned, ports.brands, FakeMetrics(), lambda: 0.0)
        lessons = dict(learner.run(NOW + DAY, 100))
        assert (lessons["fjordhus"].days, lessons["fjordhus"].through) == (1, TODAY)

    def test_what_was_learned_is_not_lost_by_mistake(self, ports: SimpleNamespace, history: Path) -> None:
        self.seed(history)
        before = ports.learned.stored["fjordhus"]
        told = self.seed(history)
        assert told.exit_code == 1
        assert "--replace" in told.output
        assert ports.learned.stored["fjordhus"] == before
        assert self.seed(history, "--replace").exit_code == 0

    def test_a_folder_without_a_history(self, ports: SimpleNamespace, tmp_path: Path) -> None:
        told = self.seed(tmp_path)
        assert told.exit_code == 2
        assert not ports.learned.stored
