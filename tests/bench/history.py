"""A made-up history of a real size, and the model that the dates engine makes of it."""

import random
from datetime import date, timedelta
from pathlib import Path

from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Route

DAYS, EACH_DAY = 60, 250
BEGUN = date(2026, 3, 2)
STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA"
    " RI SC SD TN TX UT VT VA WA WV WI WY"
).split()


def learned(file: Path) -> int:
    """Writes the model; returns how many lanes it knows."""
    chance, book, lanes = random.Random(1), Book("larkspur"), set()
    for day in (BEGUN + timedelta(days=number) for number in range(DAYS)):
        for number in range(EACH_DAY):
            route = Route(
                carrier=chance.choice(("ups", "usps", "fedex")),
                service=chance.choice(("ground", "express")),
                origin="US-OR",
                destination=f"US-{chance.choice(STATES)}",
                prefix=str(chance.randrange(100, 1000)),
                sender="portland",
            )
            handed = day + timedelta(days=chance.choice((0, 0, 1, 1, 2, 4)))
            slowest = 3 if route.service == "express" else 7
            book.record(
                Life(
                    f"{day}-{number}",
                    route,
                    day,
                    promised=day + timedelta(days=slowest),
                    handed=handed,
                    delivered=handed + timedelta(days=chance.randint(1, slowest)),
                    placed_hour=chance.randrange(24),
                    silence_hours=chance.randint(6, 60),
                )
            )
            lanes.add((route.carrier, route.service, route.origin, route.destination))
        book.close(day)
    file.write_bytes(book.model().dump())
    return len(lanes)
