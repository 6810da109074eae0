"""Experiments: who was put into which part, and what they did since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.experiments import Arm, Difference, Effect, differences, key_of
from porchlight.domain.messages import Check
from porchlight.domain.preferences import Profile
from porchlight.reaching import Experiments, Profiles
from porchlight.services.retrying import until_settled

RULE = "experiment"


@dataclass(frozen=True)
class Laboratory:
    """Counts assignments and effects. Brands without experiments cost nothing here."""

    experiments: Experiments
    profiles: Profiles

    def assign(self, profile: Profile, checks: Sequence[Check], now: datetime) -> None:
        """Remember the part of an experiment that a decision found the shopper in; counted when it is new. ``profile``
        may be older than what is stored.
        """
        brand, shopper_id = profile.brand, profile.shopper_id
        for check in checks:
            if check.rule != RULE or "experiment" not in check.detail:
                continue
            experiment = f"{check.detail['experiment']}/{check.detail['version']}"
            if experiment in profile.arms:
                continue
            arm = Arm.TOLD if check.outcome == "passed" else Arm.HELD_OUT
            if until_settled(lambda key=experiment, arm=arm: self._put(brand, shopper_id, key, arm)):  # type: ignore[misc]
                self.experiments.count(brand, experiment, arm, Effect.ASSIGNED, now)

    def note(self, brand: BrandConfig, profile: Profile, effect: Effect, now: datetime) -> None:
        """Count what a shopper did, in every experiment of today that they are in."""
        for name, experiment in brand.outreach.experiments.items():
            key = key_of(name, experiment)
            if arm := profile.arms.get(key):
                self.experiments.count(brand.brand_id, key, Arm(arm), effect, now)

    def report(self, brand: BrandConfig) -> list[dict[str, Any]]:
        """Each experiment of today with its counts and differences."""
        found = []
        for name, experiment in brand.outreach.experiments.items():
            arms = self.experiments.arms(brand.brand_id, key_of(name, experiment))
            found.append(
                {
                    "experiment": name,
                    "version": experiment.version,
                    "moment": experiment.moment.value,
                    "hold_out": experiment.hold_out,
                    "arms": {arm.value: {e.value: counts.get(e, 0) for e in Effect} for arm, counts in arms.items()},
                    "differences": [_told(one) for one in differences(arms)],
                }
            )
        return found

    def _put(self, brand: str, shopper_id: str, experiment: str, arm: Arm) -> bool:
        profile = self.profiles.get(brand, shopper_id)
        if experiment in profile.arms:
            return False
        arms = {**profile.arms, experiment: arm.value}
        self.profiles.save(profile.model_copy(update={"arms": arms, "version": profile.version + 1}))
        return True


def _told(one: Difference) -> dict[str, Any]:
    """To four places, which is more than the numbers of shoppers bear."""
    values = one.model_dump(mode="json").items()
    return {
        **{name: round(value, 4) if isinstance(value, float) else value for name, value in values},
        "certain": one.is_certain,
    }
