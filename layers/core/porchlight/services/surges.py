"""When a lane breaks down: notice it by its delays, widen its ranges, ask people once instead of a thousand times."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from porchlight.deciding import Cases, Surges
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.delays import DelayKind, Facts
from porchlight.domain.forecast.lives import Route
from porchlight.domain.ids import stable_id
from porchlight.domain.remedies import Remedy
from porchlight.domain.surge import COUNTED, FEWEST, LASTS, Surge, covering, is_worth_a_look, lanes_of, recent, unusual
from porchlight.errors import ConflictError
from porchlight.ports import Metrics


@dataclass(frozen=True)
class SurgeWatch:
    """Counts declared delays by lane."""

    surges: Surges
    cases: Cases
    metrics: Metrics

    def declared(self, brand: str, route: Route | None, kind: DelayKind, now: datetime) -> None:
        """Count a delay that was just declared. Where its lane has far too many, that is a surge: begun once, and
        lasting until a while after its last sign.
        """
        if route is None or kind not in COUNTED:
            return
        today, narrower = now.astimezone(UTC).date(), ""
        for lane in lanes_of(route):
            if is_worth_a_look(self.surges.count(brand, lane, today)):
                late, usual = unusual(self.surges.counts(brand, lane), today) or (0, 0.0)
                if late >= FEWEST and late - self._on_one_lane(brand, lane, narrower, now) >= FEWEST:
                    self._goes_on(brand, lane, late, usual, now)
            narrower = lane

    def covering(self, brand: str, route: Route | None, now: datetime) -> Surge | None:
        """The surge that a parcel is caught in."""
        return covering(self.surges.active(brand, now), route)

    def _on_one_lane(self, brand: str, lane: str, narrower: str, now: datetime) -> int:
        """How many of a carrier's delays are those of ``narrower``, or of a lane that has a surge of its own: a carrier
        whose trouble is on single lanes is itself in none.
        """
        if not narrower:
            return 0
        own = recent(self.surges.counts(brand, narrower), now.astimezone(UTC).date())
        others = self.surges.active(brand, now, fresh=True).values()
        return own + sum(one.late for one in others if one.lane.startswith(lane) and one.lane not in (lane, narrower))

    def _goes_on(self, brand: str, lane: str, late: int, usual: float, now: datetime) -> None:
        known = self.surges.get(brand, lane)
        if known and known.until > now:
            surge = known.model_copy(update={"until": now + LASTS, "late": late, "version": known.version + 1})
        else:
            surge_id = stable_id("srg", brand, lane, now.isoformat())
            surge = Surge(
                **{"brand": brand, "surge_id": surge_id, "lane": lane, "late": late, "usual": round(usual, 2)},
                began_at=now,
                until=now + LASTS,
                case_id=stable_id("cse", brand, surge_id),
                version=(known.version if known else 0) + 1,
            )
        try:
            self.surges.save(surge)
        except ConflictError:
            return  # somebody else has seen it at the same moment
        if self.cases.open(_case(surge)):
            self.metrics.count("LaneSurges", carrier=lane.partition("|")[0])
        else:
            self._keep_asking(surge)

    def _keep_asking(self, surge: Surge) -> None:
        """The question lasts as long as the surge, and names how many are late by now; unless it was answered."""
        case = self.cases.get(surge.brand, surge.case_id)
        if case is None or case.state is not CaseState.OPEN:
            return
        update = {"deadline": surge.until, "facts": _case(surge).facts, "version": case.version + 1}
        with suppress(ConflictError):  # answered at this moment
            self.cases.update(case.model_copy(update=update))


def _case(surge: Surge) -> Case:
    """The one question about all of it: nothing is done by default but to wait with those who wait."""
    facts: Facts = {"lane": surge.lane, "late": surge.late, "usual": surge.usual}
    return Case(
        brand=surge.brand,
        case_id=surge.case_id,
        delay_id=surge.surge_id,
        kind=DelayKind.STALLED,
        audience=Audience.CX,
        options=(Remedy.KEEP_WAITING,),
        default=Remedy.KEEP_WAITING,
        opened_at=surge.began_at,
        deadline=surge.until,
        facts=facts,
        version=1,
    )
