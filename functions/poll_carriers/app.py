"""Each minute: carriers are asked and told what is due, and what webhooks ask for is done."""

import random
import time

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.asking.office import Office, Pulse, Tokens
from porchlight.services.asking.poll import Poll

TOKENS = Tokens()
"""Of this process."""


def poll(event: Event) -> dict[str, int]:
    """How many sources of brands ended how."""
    del event
    office = Office(
        app.watches,
        app.errands,
        app.exchanges,
        app.accounts,
        app.brands,
        app.sources,
        app.inbound,
        app.quarantine,
        app.caller,
        app.metrics,
        Pulse(app.clock, time.sleep, random.random),
        TOKENS,
        lambda: app.public_url,
    )
    return Poll(office).run()


handler = task_handler(poll)
