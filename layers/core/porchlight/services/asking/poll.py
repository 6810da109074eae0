"""Each minute: what is due is asked, told and done, source by source and side by side."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from porchlight.domain.brands import BrandConfig
from porchlight.services.asking.desk import Desk
from porchlight.services.asking.office import Office
from porchlight.services.asking.strays import move_strays

BUDGET = timedelta(seconds=40)
"""No call begins later in a run: the function has 55 seconds, and a call may take ten."""
ERRANDS = 200
"""Of one brand in one run."""
STRAYS_AT = 17
"""The minute of each hour in which parcels of sources that are not listed any more are looked for."""


@dataclass(frozen=True)
class Poll:
    """Runs every desk that has something to do. ``workers``: how many at the same time."""

    office: Office
    workers: int = 16

    def run(self) -> dict[str, int]:
        """How many desks ended how. One that fails keeps no other from its work; the first failure is raised after."""
        started = self.office.pulse.now()
        desks: dict[tuple[str, str, str], Desk] = {}
        brands = [self.office.brands.get(brand_id) for brand_id in self.office.brands.ids()]
        for brand in brands:
            for source in brand.tracking.ask:
                desk = Desk(self.office, "carriers", source, brand, started + BUDGET)
                desks["carriers", source, brand.brand_id] = desk
        for brand in brands:
            for errand in self.office.errands.due(brand.brand_id, started, ERRANDS):
                key = (errand.kind, errand.source, errand.brand)
                if key not in desks:
                    desks[key] = Desk(self.office, errand.kind, errand.source, brand, started + BUDGET)
                desks[key].errands.append(errand)
        ends: Counter[str] = Counter()
        failures: list[Exception] = []
        jobs = [desk.run for desk in desks.values()]
        if started.minute == STRAYS_AT:
            jobs += [partial(self._strays, brand, started) for brand in brands]
        first = started.minute % max(1, len(jobs))  # where there are more than workers, each is early at times
        for end in self._side_by_side(jobs[first:] + jobs[:first]):
            if isinstance(end, Exception):
                failures.append(end)
            ends["failed" if isinstance(end, Exception) else end] += 1
        if failures:
            raise failures[0]
        return dict(ends)

    def _strays(self, brand: BrandConfig, started: datetime) -> str:
        return "strays" if move_strays(self.office, brand, started, started + BUDGET) else "no_strays"

    def _side_by_side(self, jobs: Sequence[Callable[[], str]]) -> list[str | Exception]:
        def done(job: Callable[[], str]) -> str | Exception:
            try:
                return job()
            except Exception as error:
                return error

        if self.workers <= 1 or len(jobs) <= 1:
            return [done(job) for job in jobs]
        with ThreadPoolExecutor(min(self.workers, len(jobs))) as pool:
            return list(pool.map(done, jobs))
