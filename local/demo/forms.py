"""A page's form as a browser fills it in and sends it: what stands in it goes along, changed or not."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

HEADERS = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Form:
    """One form: where it is sent, what it sends as it stands, and what it offers."""

    action: str
    sent: list[tuple[str, str]] = field(default_factory=list)
    offered: dict[str, set[str]] = field(default_factory=dict)
    """By name; empty where anything may be typed."""

    def filled(self, *chosen: tuple[str, str]) -> bytes:
        """The body after ``chosen`` was filled in; ValueError where the form offers no such thing."""
        for name, value in chosen:
            if name not in self.offered or (self.offered[name] and value not in self.offered[name]):
                raise ValueError(f"the form offers no {name} {value}")
        names = {name for name, _ in chosen}
        return urlencode([pair for pair in self.sent if pair[0] not in names] + list(chosen)).encode()


def form_with(page: bytes, name: str) -> Form:
    """The form of a page that has a field of that name; ValueError where none has."""
    reader = _Reader()
    reader.feed(page.decode())
    found = next((form for form in reader.forms if name in form.offered), None)
    if found is None:
        raise ValueError(f"the page has no form with {name}")
    return found


class _Reader(HTMLParser):
    """Fields of forms that are not disabled; boxes and lists as they are ticked and chosen; buttons are offered."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._list = ""
        self._first = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or one of its fields."""
        has = dict(attrs)
        if tag == "form":
            self.forms.append(Form(has.get("action") or ""))
        elif not self.forms or "disabled" in has:
            return
        elif tag == "input":
            self._input(has)
        elif tag == "button" and has.get("name"):
            self.forms[-1].offered.setdefault(has["name"] or "", set()).add(has.get("value") or "")
        elif tag == "select":
            self._list, self._first = has.get("name") or "", True
        elif tag == "option" and self._list:
            self._option(has.get("value") or "", "selected" in has)

    def handle_endtag(self, tag: str) -> None:
        """A list ends."""
        if tag == "select":
            self._list = ""

    def _input(self, has: dict[str, str | None]) -> None:
        form, name, value = self.forms[-1], has.get("name") or "", has.get("value") or ""
        options = form.offered.setdefault(name, set())
        if has.get("type") in ("checkbox", "radio"):
            options.add(value)
            if "checked" not in has:
                return
        form.sent.append((name, value))

    def _option(self, value: str, selected: bool) -> None:
        form = self.forms[-1]
        form.offered.setdefault(self._list, set()).add(value)
        if self._first or selected:
            form.sent = [pair for pair in form.sent if pair[0] != self._list] + [(self._list, value)]
        self._first = False
