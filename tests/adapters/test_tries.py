"""How often somebody has tried something: the fake and the table alike."""

from datetime import timedelta

from tests.adapters.conftest import Stores
from tests.adapters.test_repositories import NOW


def test_tries_are_counted_by_who_where_and_in_which_hour(stores: Stores) -> None:
    brand, tries = stores.brand, stores.tries
    assert [tries.count(brand, "find", "1.2.3.4", NOW) for _ in range(3)] == [1, 2, 3]
    # Somebody else, somewhere else, at another brand or an hour later: from the beginning.
    assert tries.count(brand, "find", "1.2.3.5", NOW) == 1
    assert tries.count(brand, "order", "1.2.3.4", NOW) == 1
    assert tries.count(f"{brand}-2", "find", "1.2.3.4", NOW) == 1
    assert tries.count(brand, "find", "1.2.3.4", NOW + timedelta(hours=1)) == 1
