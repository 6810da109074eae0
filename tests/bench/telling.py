"""What it takes to tell a shopper something: the functions that plan and send, over the stub and a model of the table."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from porchlight.domain.channels import Channel
from tests.bench.counting import ROOT, each, instructions, said
from tests.bench.stub import aws
from tests.bench.table_model import TableModel, served
from tests.bench.town import NOW, news, prefer, settle

TELL = Path(__file__).parent / "tell.py"
FEW = 10
CASES = {
    "email, English": ("en", Channel.EMAIL),
    "email, German": ("de", Channel.EMAIL),
    "SMS, English": ("en", Channel.SMS),
    "SMS, German": ("de", Channel.SMS),
}


@dataclass(frozen=True)
class Told:
    """Instructions for one message; the words alone are a part of ``send``. ``calls``: of AWS, for a further one."""

    plan_cold: int
    plan: int
    send_cold: int
    send: int
    words: int
    calls: tuple[float, float]


def told(case: str, pack: Path, scratch: Path) -> Told:
    """Count one case; the functions have the brand ``larkspur`` of the pack."""
    language, channel = CASES[case]
    path = {"PYTHONPATH": f"{ROOT}/layers/core:{pack}"}
    events, references = scratch / "events", scratch / "references"
    at = NOW + timedelta(hours=6)  # after lunch, wherever in the country
    lines = [{**news(one, now=at).model_dump(mode="json"), "now": at.isoformat()} for one in range(2 * FEW)]
    events.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    def run(what: str, times: int, *, count: bool) -> tuple[int, str, int]:
        with _shoppers(language, channel) as (environment, asked):
            if what == "send":
                references.write_text(said(TELL, "plan", str(events), str(times), **environment, **path))
            file = str(references if what == "send" else events)
    return Told()


@contextmanager
def _shoppers(language: str, channel: Channel) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The stub, over a table with shoppers who wish to be told so."""
    model = TableModel()
    with served(model):
        for number in range(2 * FEW):
            settle(number, language=language)
            prefer(number, channels=(channel,))
    with aws(model) as found:
        yield found
