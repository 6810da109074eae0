"""A function that promises days of delivery, with a model that says what a test wants."""

import importlib.util
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.brands import BrandConfig
from porchlight.domain.forecast.days import Days
from porchlight.domain.forecast.lives import Quantiles, Route
from porchlight.runtime import bootstrap
from tests.fakes import FakeBrands, FakeMetrics, FakeModels, FakeSurges
from tests.unit.stories import brand

ROOT = Path(__file__).parents[2]
PACIFIC = "America/Los_Angeles"
JSON, HTML, SCRIPT = (f"GET /v1/delivery-promise{end}" for end in ("", "/snippet.html", "/snippet.js"))


def local(text: str, zone: str = PACIFIC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Steady:
    """A model that says the same of every order; it notes what it was asked."""

    version = "larkspur-2026-11-23-4f1c"

    def __init__(self, *days: float, reasons: tuple[str, ...] = (), holidays: tuple[date, ...] = ()) -> None:
        self.says = Quantiles(*(days or (1.2, 2.5, 3.1, 5)))
        self.reasons = reasons
        self.rest(*holidays)
        self.asked: list[Any] = []

    def rest(self, *holidays: date) -> None:
        """Nobody works on these days, anywhere; it knows every place."""
        self.free = Days((1, *(day.toordinal() for day in holidays)))

    def purchase(
        self, route: Route, placed: date, *, hour: int = 12, promised: date | None = None, wider: float = 0
    ) -> Quantiles:
        del promised
        self.asked.append(("purchase", route, placed, hour))
        return self._says(wider)

    def handover(self, route: Route, handed: date, *, placed: date | None = None, wider: float = 0) -> Quantiles:
        self.asked.append(("handover", route, handed, placed))
        return self._says(wider)

    def _says(self, wider: float) -> Quantiles:
        return self.says._replace(p80=self.says.p80 + wider, p90=self.says.p90 + wider)

    def confidence(self, route: Route) -> tuple[str, ...]:
        del route
        return self.reasons

    def days(self, place: str) -> Days:
        del place
        return self.free


NOON = local("2026-11-23T12:00")
"""A Monday in Portland, two hours before the cut-off."""


def shop(**dates: Any) -> BrandConfig:
    given = {
        "origins": {
            "portland": {"country": "US", "region": "OR", "zone": "America/Los_Angeles"},
            "hamburg": {"country": "DE", "zone": "Europe/Berlin", "cutoff": "12:00", "handling_working_days": [1, 2]},
        },
        "services": {"ground": {"working_days": [2, 5]}, "express": {"working_days": [1, 1]}},
    }
    return BrandConfig.model_validate(brand().model_dump(mode="json") | {"dates": given | dates})


class World:
    """The function with fakes behind its ports, and a clock that a test sets."""

    def __init__(self, renderer: PackRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.model, self.metrics = NOON, Steady(), FakeMetrics()
        self.brands = FakeBrands(shop())
        self.surges = FakeSurges()
        ports = {"_pack": self.brands, "date_models": FakeModels(self.model), "surges": self.surges}
        for name, port in {**ports, "renderer": renderer, "metrics": self.metrics}.items():
            monkeypatch.setitem(bootstrap.app.__dict__, name, port)
        monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: self.now))
        self._function = _function()

    def call(self, route: str, query: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
        """What the gateway gets back."""
        event = {
            "routeKey": route,
            "rawPath": route.partition(" ")[2],
            "headers": headers or {},
            "queryStringParameters": query,
            "requestContext": {"http": {"method": "GET"}},
        }
        answer: dict[str, Any] = self._function.handler(event, None)
        return answer


def _function() -> ModuleType:
    path = ROOT / "functions/promise_delivery/app.py"
    spec = importlib.util.spec_from_file_location("functions_promise_delivery", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
