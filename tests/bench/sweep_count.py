"""``KIND TIMES OF``: of OF timers of a kind TIMES are due, and swept."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from porchlight.adapters.dynamodb import keys
from tests.bench import sweep

kind, times, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
table = sweep.filled(most, most, [kind])
kept = set(sorted(table.due)[:times])
for lines in table.model.index.values():
    lines[:] = [line for line in lines if tuple(line.split("\x00")[1:]) in kept]
table.model.due(keys.instant(sweep.DUE))
done = sweep.swept(table, each_run=most)
assert sum(done.outcomes.values()) == times, done
