"""docs/carriers.md lists exactly the connectors that there are, and the guide's example runs."""

import hmac
import importlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import porchlight.carriers
from porchlight.carriers.registry import carrier_ids
from porchlight.connectors import Account, InboundRequest
from porchlight.domain.milestones import Milestone, Reason
from porchlight.stores.registry import store_ids

DOCS = Path(__file__).parents[2] / "docs"


def _listed(heading: str) -> list[str]:
    text = (DOCS / "carriers.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([a-z0-9_]+)` \|", section, flags=re.MULTILINE)


def test_carriers_are_all_listed() -> None:
    assert sorted(_listed("Carriers and aggregators")) == sorted(carrier_ids())


def test_stores_are_all_listed() -> None:
    assert sorted(_listed("Stores")) == sorted(store_ids())


def test_the_example_of_adding_a_carrier_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three files of the guide are a connector: a body is read, a signature taken, a forged one refused."""
    text = (DOCS / "adding-a-carrier.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    folder = tmp_path / "parcelmint"
    folder.mkdir()
    for name, block in zip(("__init__.py", "statuses.py", "parse.py"), blocks, strict=True):
        (folder / name).write_text(block, encoding="utf-8")
    monkeypatch.setattr(porchlight.carriers, "__path__", [*porchlight.carriers.__path__, str(tmp_path)])
    parcelmint = importlib.import_module("porchlight.carriers.parcelmint").CONNECTOR

    body = b'{"parcel": "PM1", "scans": [{"code": "MISS", "at": "2026-01-01T10:00:00+01:00", "text": "nobody there"}]}'
    (report,) = parcelmint.parse(body)
    assert (report.status, report.events[0].reason) == (Milestone.DELIVERY_ATTEMPTED, Reason.CONSIGNEE_ABSENT)
    account = Account(account="main", brand="larkspur", credentials={"secret": "s"})
    signature = hmac.digest(b"s", body, "sha256").hex()
    for given, good in ((signature, True), (signature[:-1] + "x", False), ("", False)):
        request = InboundRequest(headers={"x-parcelmint-signature": given}, body=body)
        assert parcelmint.verify(request, account, datetime.now(UTC)) is good
