"""`porchlight parse`: one file is one object, several are a list, what cannot be read says why."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.cli.parse import commands
from tests.connectors.sources import FIXTURES

RUN = CliRunner()
DELIVERED = str(FIXTURES / "ups/alert_left_at_access_point.json")
NOTHING = str(FIXTURES / "easypost/event_payment_created.json")


def test_one_file_is_one_object() -> None:
    result = RUN.invoke(commands, ["--source", "ups", DELIVERED])
    assert result.exit_code == 0
    read = json.loads(result.stdout)
    assert (read["carrier"], read["canonical_status"]) == ("ups", "available_for_pickup")
    assert "file" not in read


def test_several_files_are_a_list_with_their_names(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"trackingNumber": NaN}')
    result = RUN.invoke(commands, ["--source", "ups", DELIVERED, str(bad)])
    assert result.exit_code == 1
    good, broken = json.loads(result.stdout)
    assert good["file"] == DELIVERED
    assert broken == {"file": str(bad), "error": "the body is not JSON"}


def test_standard_input() -> None:
    result = RUN.invoke(commands, ["--source", "ups", "-"], input=Path(DELIVERED).read_bytes())
    assert result.exit_code == 0
    assert json.loads(result.stdout)["tracking_number"] == "1ZTEST000000000026"


def test_what_is_not_about_tracking_is_no_error() -> None:
    result = RUN.invoke(commands, ["--source", "easypost", NOTHING])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["kind"] == "not_tracking"


@pytest.mark.parametrize(("source", "file"), [("pigeon-post", DELIVERED), ("ups", "no-such-file.json")])
def test_unknown_source_and_missing_file_are_usage_errors(source: str, file: str) -> None:
    assert RUN.invoke(commands, ["--source", source, file]).exit_code == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order_create_eur", "order"),
        ("fulfillment_create_two_numbers", "fulfillment"),
        ("refund_create_two_transactions", "refund"),
        ("refund_create_restock_only", "refund"),
    ],
)
def test_a_store_body_is_recognised_by_its_shape(name: str, kind: str) -> None:
    result = RUN.invoke(commands, ["--source", "shopify", str(FIXTURES / f"shopify/{name}.json")])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["kind"] == kind


def test_a_topic_that_the_body_does_not_look_like_is_an_error() -> None:
    file = str(FIXTURES / "shopify/order_create_eur.json")
    result = RUN.invoke(commands, ["--source", "shopify", "--topic", "refunds/create", file])
    assert result.exit_code == 1
    assert "refunds/create" in json.loads(result.stdout)["error"]
