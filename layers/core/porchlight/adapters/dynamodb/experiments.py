"""What is counted in experiments: one item for each part."""

from datetime import datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.domain.experiments import Arm, Effect

KEPT = timedelta(days=800)


class DynamoExperiments:
    """``reaching.Experiments`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, brand: str, experiment: str, arm: Arm, effect: Effect, at: datetime) -> None:
        """One update."""
        new = item(keys.experiment_pk(brand, experiment), keys.ARM + arm.value, "arm", None)
        self._table.count(new, effect.value, 1, ttl=at + KEPT)

    def arms(self, brand: str, experiment: str) -> dict[Arm, dict[Effect, int]]:
        """One query."""
        found: dict[Arm, dict[Effect, int]] = {arm: {} for arm in Arm}
        for stored in self._table.query(keys.experiment_pk(brand, experiment), keys.ARM):
            arm = Arm(stored["sk"]["S"].removeprefix(keys.ARM))
            found[arm] = {effect: int(stored[effect.value]["N"]) for effect in Effect if effect.value in stored}
        return found
