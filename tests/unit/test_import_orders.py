"""`porchlight import orders`: rows become orders, bad rows are reported and passed over; it goes on where it was."""

import csv
import json
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.importing.columns import COLUMNS
from local.importing.reading import FileError, OrderFile, Read
from local.importing.run import Checkpoint, Report, Totals, import_orders
from local.importing.sending import OrderApi, Stopped
from porchlight.domain.changes import order_changes
from porchlight.domain.packing import quantities
from porchlight.errors import InvalidInputError
from porchlight.services.put_order import put_order, read_body
from tests.unit.keeping import World
from tests.unit.stories import DAY, NOW

HEADING = (
    "order_id,number,placed_at,currency,email,country,postcode,"
    "title,quantity,unit_price,carrier,tracking_number,shipped_at"
)
AT = "2026-03-01T09:30:00+01:00"


def row(
    order: str = "1", number: str = "", *, title: str = "Mug", quantity: str = "1", price: str = "10.00", **more: str
) -> str:
    values = {"order_id": order, "number": number or f"#{order}", "placed_at": AT, "currency": "EUR"}
    values |= {"email": f"s{order}@x.example", "country": "NO", "postcode": "0150 Oslo", "title": title}
    values |= {"quantity": quantity, "unit_price": price, **more}
    return ",".join(values.get(name, "") for name in HEADING.split(","))


def write(folder: Path, *rows: str, heading: str = HEADING) -> Path:
    file = folder / "orders.csv"
    file.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return file


def read(file: Path, **options: Any) -> list[Read]:
    return list(OrderFile(file, **options).orders())


def problems(file: Path, **options: Any) -> list[tuple[int, str]]:
    return [(problem.row, problem.column) for one in read(file, **options) for problem in one.problems]


class Api:
    """The order API as it is, on this machine: every order goes through the service's own checks."""

    def __init__(self) -> None:
        self.world = World()
        self.puts: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        """Given before anything is taken, one by one."""
        self.dies_after = 10**9
        lock = threading.Lock()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with lock:
                    status, headers, answer = api.answer(self.path, self.headers["x-api-key"], body)
                self.send_response(status)
                for name, value in {"content-length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, key: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if key != "plk_good":
            return 403, {}, b'{"detail": "the API key lacks the scope"}'
        if self.answers:
            return *self.answers.pop(0), b'{"message": "later"}'
        if len(self.puts) >= self.dies_after:
            return 503, {"retry-after": "0"}, b"{}"
        order_id = unquote(path.removeprefix("/v1/orders/"))
        try:
            put_order(self.world.brands.get("larkspur"), order_id, read_body(body), self.world.keeper, NOW + 30 * DAY)
        except InvalidInputError as error:
            return 400, {}, json.dumps({"detail": error.detail}).encode()
        self.puts.append(order_id)
        return 200, {}, b'{"order_id": "ord_x"}'


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No pauses; what they would have been."""
    pauses: list[float] = []
    monkeypatch.setattr("local.importing.sending.time.sleep", pauses.append)
    monkeypatch.delenv("PORCHLIGHT_API_KEY", raising=False)
    return pauses


def run(api: Api, file: Path, *arguments: str, key: str = "plk_good") -> Result:
    return CliRunner().invoke(app, ["import", "orders", str(file), "--url", api.url, "--key", key, *arguments])


def reported(file: Path) -> list[list[str]]:
    with file.with_name(f"{file.name}.errors.csv").open(encoding="utf-8", newline="") as report:
        return list(csv.reader(report))


class TestRows:
    def test_rows_with_one_order_id_are_one_order(self, tmp_path: Path) -> None:
        shipped = {"carrier": "ups", "tracking_number": "1Z9", "shipped_at": "2026-03-02 15:00:00 +0100"}
        rows = row("A/1", title="Mug, blue", quantity="2"), row("A/1", title="Lamp", price="5.50", **shipped)
        file = write(tmp_path, rows[0].replace("Mug, blue", '"Mug, blue"'), rows[1], row("2"))
        first, second = read(file)
        assert (first.order_id, first.rows, second.order_id) == ("A/1", 2, "2")
        assert json.loads(first.body) == {
            "number": "#A/1",
            "placed_at": AT,
            "updated_at": AT,
            "currency": "EUR",
            "total": "25.50",
            "lines": [
                {"id": "1", "title": "Mug, blue", "quantity": "2", "unit_price": "10.00"},
                {"id": "2", "title": "Lamp", "quantity": "1", "unit_price": "5.50"},
            ],
            "shopper": {"email": "sA/1@x.example"},
            "destination": {"country": "NO", "postal_prefix": "015"},
            "parcels": [
                {
                    "carrier": "ups",
                    "tracking_number": "1Z9",
                    "shipped_at": "2026-03-02T15:00:00+01:00",
                    "lines": [{"id": "2", "quantity": "1"}],
                }
            ],
        }

    def test_a_line_in_two_parcels_has_a_row_for_each(self, tmp_path: Path) -> None:
        heading = f"{HEADING},line_id"
        parcel = {"carrier": "ups", "tracking_number": "1Z9"}
        rows = [
            f"{row(quantity='2', **parcel)},L1",
            f"{row(title='', price='', quantity='1', carrier='ups', tracking_number='1Z8')},L1",
        ]
        body = json.loads(read(write(tmp_path, *rows, heading=heading))[0].body)
        assert [(parcel["tracking_number"], parcel["lines"]) for parcel in body["parcels"]] == [
            ("1Z9", [{"id": "L1", "quantity": "2"}]),
            ("1Z8", [{"id": "L1", "quantity": "1"}]),
        ]

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_other_delimiters_other_headings_and_a_byte_order_mark(self, tmp_path: Path, delimiter: str) -> None:
        file = write(
            tmp_path,
            row().replace(",", delimiter),
            heading=HEADING.replace("order_id", "Order No").replace(",", delimiter),
        )
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        (one,) = read(file, headings={"order_id": "order no"})
        assert one.order_id == "1"
        assert not one.problems

    def test_times_without_an_offset_need_a_zone(self, tmp_path: Path) -> None:
        file = write(tmp_path, row(placed_at="2026-07-01 09:30:00"))
        assert problems(file) == [(2, "placed_at")]
        (one,) = read(file, zone=ZoneInfo("Europe/Oslo"))
        assert json.loads(one.body)["placed_at"] == "2026-07-01T09:30:00+02:00"

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([row(""), row("2")], [(2, "order_id")]),
            ([row(placed_at="yesterday")], [(2, "placed_at")]),
            ([row(), row(quantity="none", title="Lamp")], [(3, "quantity")]),
            ([row(price="1,5")], [(2, "")]),
            ([row(price="ten")], [(2, "unit_price")]),
            ([row(email="nobody")], [(2, "email")]),
            ([row(country="Norway")], [(2, "country")]),
            ([row(currency="euros")], [(2, "currency")]),
            ([row(title="", price="")], [(2, "title")]),
            ([row(), row(title="", price="3.00")], [(3, "title")]),
            ([row(), row(email="other@x.example", title="Lamp")], [(3, "email")]),
            ([row(carrier="ups")], [(2, "tracking_number")]),
            ([row(tracking_number="1Z999")], [(2, "carrier")]),
            ([row(), row(title="Lamp", carrier="ups", tracking_number="x")], [(3, "tracking_number")]),
            ([row(shipped_at="soon", carrier="ups", tracking_number="1Z999")], [(2, "shipped_at")]),
            ([row("1"), row("2"), row("1")], [(4, "order_id")]),
            ([row("x" * 129, "#1")], [(2, "order_id")]),
            (["", row(), "", row("2", price="?")], [(5, "unit_price")]),
        ],
    )
    def test_what_is_wrong_is_said_with_its_row_and_column(
        self, tmp_path: Path, rows: list[str], expected: list[tuple[int, str]]
    ) -> None:
        assert problems(write(tmp_path, *rows)) == expected

    def test_a_value_is_never_repeated(self, tmp_path: Path) -> None:
        for one in read(
            write(tmp_path, row(email="secret at x"), row("2", placed_at="secret"), row("3", price="secret"))
        ):
            assert one.problems
            assert all("secret" not in problem.what for problem in one.problems)

    def test_after_a_row_that_cannot_be_read_the_next_is(self, tmp_path: Path) -> None:
        file = write(tmp_path, row("1"))
        with file.open("ab") as more:
            more.write(
                b"2,\xff\xfe,bad\n" + row("3", title='"' + "x" * 200_000).encode() + b"\n" + row("4").encode() + b"\n"
            )
        found = read(file)
        assert [one.order_id for one in found if not one.problems] == ["1", "4"]
        assert [one.problems[0].row for one in found if one.problems] == [3, 4]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "empty"),
            ("order_id,title\n", "lacks placed_at, currency, unit_price"),
            (f"{HEADING},title\n", "twice"),
        ],
    )
    def test_a_file_that_is_none(self, tmp_path: Path, text: str, said: str) -> None:
        file = tmp_path / "orders.csv"
        file.write_text(text)
        with pytest.raises(FileError, match=said):
            read(file)

    @pytest.mark.parametrize("headings", [{"order": "x"}, {"order_id": "nowhere"}])
    def test_a_mapping_that_leads_nowhere(self, tmp_path: Path, headings: dict[str, str]) -> None:
        with pytest.raises(FileError):
            read(write(tmp_path, row()), headings=headings)

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        def peak(count: int) -> int:
            file = write(tmp_path, *(row(str(number)) for number in range(count)))
            tracemalloc.start()
            try:
                totals = import_orders(
                    OrderFile(file), None, None, Report(tmp_path / "r"), Totals(), 2, lambda now: None
                )
                assert totals.done == count
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(10)  # imports
        assert peak(6_000) < peak(600) + 100_000


class TestImport:
    def test_all_of_it_is_there_and_the_same_file_again_changes_nothing(self, api: Api, tmp_path: Path) -> None:
        shipped = {"carrier": "ups", "tracking_number": "1Z9999"}
        file = write(tmp_path, *(row(str(number), **shipped if number == 3 else {}) for number in range(1, 31)))
        result = run(api, file)
        assert result.exit_code == 0, result.output
        assert sorted(api.puts, key=int) == [str(number) for number in range(1, 31)]
        assert len(api.world.orders.records) == 30
        (parcel,) = api.world.shipments.records.values()
        assert quantities(parcel.packed) == {"1": 1}
        assert not list(tmp_path.glob("*.checkpoint")) + list(tmp_path.glob("*.errors.csv"))
        orders, parcels = list(api.world.orders.history), list(api.world.shipments.history)
        assert run(api, file).exit_code == 0
        assert len(api.puts) == 60
        assert (api.world.orders.history, api.world.shipments.history) == (orders, parcels)

    def test_what_returns_need_is_taken_from_columns_too(self, api: Api, tmp_path: Path) -> None:
        file = tmp_path / "orders.csv"
        of_order = "shipping,standard_shipping,channel,gift,payment_reference"
        of_line = "paid,tax,category,hazmat,weight_grams,no_withdrawal"
        file.write_text(
            f"order_id,placed_at,currency,title,quantity,unit_price,{of_order},{of_line}\n"
            f"7,{AT},EUR,Mug,3,3.33,6.90,4.90,store,true,pi_1,10.00,1.60,mugs,true,450,custom_made\n"
        )
        result = run(api, file)
        assert result.exit_code == 0, result.output
        (order,) = api.world.orders.records.values()
        assert (order.total.amount, order.shipping and order.shipping.amount) == (1_690, 690)
        assert (order.channel, order.gift, order.payment_reference) == ("store", True, "pi_1")
        (line,) = order.lines
        assert (line.paid and line.paid.amount, line.tax and line.tax.amount) == (1_000, 160)
        assert (line.category, line.hazmat, line.weight_grams) == ("mugs", True, 450)
        assert line.no_withdrawal == "custom_made"

    def test_old_orders_are_told_to_nobody(self, api: Api, tmp_path: Path) -> None:
        run(api, write(tmp_path, row()))
        (event,) = (event for old, new in api.world.orders.history for event in order_changes(old, new))
        assert (event.type, event.moment) == ("OrderConfirmed", None)

    def test_a_bad_row_is_reported_and_the_rest_is_sent(self, api: Api, tmp_path: Path) -> None:
        file = write(
            tmp_path,
            row("1"),
            row("2", price="free"),
            row("3", carrier="UPS Ground!", tracking_number="1Z99"),
            row("4"),
        )
        result = run(api, file)
        assert result.exit_code == 1
        assert sorted(api.puts) == ["1", "4"]
        heading, *rows = reported(file)
        assert heading == ["row", "column", "problem"]
        assert [(number, column) for number, column, _ in rows] == [("3", "unit_price"), ("4", "carrier")]
        assert "refused" in result.output

    def test_what_only_the_api_finds_is_reported_under_the_first_row_of_the_order(
        self, api: Api, tmp_path: Path
    ) -> None:
        api.answers = [(413, {})]
        file = write(tmp_path, "", row("1"), row("2"))
        assert run(api, file, "--workers", "1").exit_code == 1
        assert reported(file)[1:] == [["3", "", "later"]]
        assert api.puts == ["2"]

    def test_a_busy_api_is_asked_again_after_the_time_that_it_names(
        self, api: Api, tmp_path: Path, quick: list[float]
    ) -> None:
        api.answers = [(429, {}), (503, {"retry-after": "7"}), (500, {}), (503, {"retry-after": "9999"})]
        assert run(api, write(tmp_path, row()), "--workers", "1").exit_code == 0
        assert api.puts == ["1"]
        assert (quick[1], quick[3]) == (7, 60)
        assert 0 < quick[0] <= 0.5

    def test_an_api_that_fails_for_one_order_is_not_asked_for_ever(self, api: Api, tmp_path: Path) -> None:
        api.answers = [(500, {})] * 3
        file = write(tmp_path, row("1"), row("2"))
        assert run(api, file, "--workers", "1").exit_code == 1
        assert api.puts == ["2"]

    def test_it_goes_on_where_it_stopped(self, api: Api, tmp_path: Path) -> None:
        rows = [row(str(number), price="?" if number % 10 == 0 else "1.00") for number in range(1, 301)]
        file = write(tmp_path, *rows)
        api.dies_after = 137
        stopped = run(api, file)
        assert stopped.exit_code == 3
        assert "goes on from here" in stopped.output
        done = len(api.puts)
        assert 130 <= done <= 137
        api.dies_after = 10**9
        assert run(api, file).exit_code == 1
        assert set(api.puts) == {str(number) for number in range(1, 301) if number % 10}
        assert len(api.puts) - len(set(api.puts)) <= 8, "only what was on its way is sent again"
        assert [number for number, *_ in reported(file)[1:]] == [str(number + 1) for number in range(10, 301, 10)]
        assert not list(tmp_path.glob("*.checkpoint"))

    def test_after_a_crash_nothing_is_lost_and_nothing_is_reported_twice(self, api: Api, tmp_path: Path) -> None:
        """The last checkpoint is older than the report: what was written since is written again."""
        file = write(
            tmp_path, *(row(str(number), price="?" if number % 10 == 0 else "1.00") for number in range(1, 251))
        )
        source = OrderFile(file)
        checkpoint = Checkpoint(tmp_path / "orders.csv.checkpoint", source.fingerprint()[0])
        kept: list[bytes] = []

        def tell(now: Totals) -> None:
            if now.done == 180:
                kept.append(checkpoint.path.read_bytes())

        report = Report(tmp_path / "orders.csv.errors.csv")
        import_orders(source, OrderApi(api.url, "plk_good"), checkpoint, report, Totals(), 2, tell)
        checkpoint.path.write_bytes(kept[0])  # as a crash at order 180 would have left it
        assert run(api, file).exit_code == 1
        assert [number for number, *_ in reported(file)[1:]] == [str(number + 1) for number in range(10, 251, 10)]

    def test_a_checkpoint_of_other_content_or_an_unreadable_one_is_none(self, api: Api, tmp_path: Path) -> None:
        file = write(tmp_path, row("1"), row("2"))
        for text in ('{"file": "other", "done": 1}', "[]", "nonsense", '{"file": 1, "what": 2}'):
            (tmp_path / "orders.csv.checkpoint").write_text(text)
            api.puts.clear()
            assert run(api, file).exit_code == 0
            assert sorted(api.puts) == ["1", "2"]

    def test_it_begins_anew_when_told_to(self, api: Api, tmp_path: Path) -> None:
        file = write(tmp_path, row("1"), row("2"))
        Checkpoint(tmp_path / "orders.csv.checkpoint", OrderFile(file).fingerprint()[0]).save(Totals(done=1, sent=1))
        assert run(api, file, "--restart").exit_code == 0
        assert sorted(api.puts) == ["1", "2"]

    def test_a_dry_run_sends_nothing_and_finds_the_same(self, api: Api, tmp_path: Path) -> None:
        file = write(tmp_path, row("1"), row("2", price="free"))
        result = CliRunner().invoke(app, ["import", "orders", str(file), "--dry-run"])
        assert result.exit_code == 1
        assert reported(file)[1][:2] == ["3", "unit_price"]
        assert api.puts == []
        assert not list(tmp_path.glob("*.checkpoint"))

    def test_a_key_that_is_refused_stops_it_at_once(self, api: Api, tmp_path: Path) -> None:
        result = run(api, write(tmp_path, row("1"), row("2")), key="plk_other")
        assert result.exit_code == 3
        assert "scope" in result.output
        assert "plk_other" not in result.output

    def test_the_summary_as_a_document(self, api: Api, tmp_path: Path) -> None:
        result = CliRunner().invoke(
            app,
            ["import", "orders", str(write(tmp_path, row())), "--url", api.url, "--json"],
            env={"PORCHLIGHT_API_KEY": "plk_good"},
        )
        assert json.loads(result.stdout)["rows"] == [{"orders": "sent", "count": 1}, {"orders": "refused", "count": 0}]


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["nowhere.csv", "--dry-run"],
            ["FILE"],
            ["FILE", "--key", "k", "--url", "http://shop.example"],
            ["FILE", "--key", "k", "--url", "nonsense"],
            ["FILE", "--dry-run", "--zone", "Europe/Nowhere"],
            ["FILE", "--dry-run", "--column", "order_id"],
            ["FILE", "--dry-run", "--column", "order_id=Nowhere"],
            ["FILE", "--dry-run", "--errors", "FILE"],
        ],
    )
    def test_what_cannot_work_is_said_before_anything_is_sent(self, tmp_path: Path, arguments: list[str]) -> None:
        file = str(write(tmp_path, row()))
        result = CliRunner().invoke(
            app, ["import", "orders", *(file if part == "FILE" else part for part in arguments)]
        )
        assert result.exit_code == 2
        assert Path(file).read_text(), "it is still there"

    def test_nobody_answers(self, tmp_path: Path) -> None:
        api = OrderApi("http://127.0.0.1:9", "k", tries=2, pause=lambda seconds: None)
        with pytest.raises(Stopped, match="cannot be reached"):
            api.put("1", b"{}")

    def test_no_order_api_there(self, api: Api) -> None:
        api.answers = [(404, {})]
        with pytest.raises(Stopped, match="no API of ours"):
            OrderApi(api.url, "plk_good").put("1", b"{}")


def test_the_documented_columns_are_those_of_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    section = text.split("### Import from CSV", 1)[1].split("\n## ", 1)[0]
    listed = [
        word for line in section.splitlines() if line.startswith("| `") for word in line.split("|")[1].split("`")[1::2]
    ]
    assert sorted(listed) == sorted(COLUMNS)
