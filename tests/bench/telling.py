"""What telling a shopper something takes: the functions that plan and send, over the stub and a model of the table."""

import json
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
FEW = 8
"""Messages after the first one of a process."""
CASES = {
    "email, English": ("en", Channel.EMAIL),
    "email, German": ("de", Channel.EMAIL),
    "SMS, English": ("en", Channel.SMS),
}
AFTER_LUNCH = NOW + timedelta(hours=6)
"""Wherever in the country: nothing is held."""


@dataclass(frozen=True)
class Told:
    """Instructions: from the start of a process until the first message is through, and for each further one.
    ``calls`` of AWS for each further one; ``words``: what putting it into words is of ``hot``.
    """

    cold: int
    hot: int
    calls: float
    words: int = 0


class Bench:
    """Counts, with the brand ``larkspur`` of a pack."""

    def __init__(self, pack: Path, scratch: Path) -> None:
        self.path = {"PYTHONPATH": f"{ROOT}/layers/core:{pack}"}
        self.events, self.references = scratch / "events", scratch / "references"
        lines = [news(number, now=AFTER_LUNCH).model_dump(mode="json") for number in range(1 + FEW)]
        now = AFTER_LUNCH.isoformat()
        self.events.write_text("\n".join(json.dumps({**one, "now": now}) for one in lines), encoding="utf-8")

    def plan(self, case: str) -> Told:
        """``plan_messages``: the same whatever the language."""
        return self._told("plan", *CASES[case])

    def send(self, case: str) -> Told:
        """``send_message``."""
        language, channel = CASES[case]
        words = each(lambda times: instructions(TELL, [channel.value, language, str(times)], self.path), FEW // 2)
        return self._told("send", language, channel, words)

    def _told(self, what: str, language: str, channel: Channel, words: int = 0) -> Told:
        one, one_calls = self._run(what, 1, language, channel)
        many, many_calls = self._run(what, 1 + FEW, language, channel)
        return Told(one, (many - one) // FEW, (many_calls - one_calls) / FEW, words)

    def _run(self, what: str, times: int, language: str, channel: Channel) -> tuple[int, int]:
        """Instructions and calls of a process that has so many messages to deal with."""
        with self._shoppers(language, channel) as (environment, calls):
            file = self.events
            if what == "send":
                file = self.references
                file.write_text(said(TELL, "plan", str(self.events), str(times), **environment, **self.path))
                calls.clear()
            return instructions(TELL, [what, str(file), str(times)], environment | self.path), len(calls)

    @staticmethod
    @contextmanager
    def _shoppers(language: str, channel: Channel) -> Iterator[tuple[dict[str, str], list[str]]]:
        """The stub, over a table with shoppers who wish to be told so."""
        model = TableModel()
        with served(model):
            for number in range(1 + FEW):
                settle(number, language=language)
                prefer(number, channels=(channel,))
        with aws(model) as found:
            yield found
