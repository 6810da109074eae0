"""`porchlight demo`, `up` and `down`, as people run them."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from local.cloud.launcher import faketime_library, port_is_taken

COMMAND = Path(sys.executable).with_name("porchlight")


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """A stack file of its own: somebody may have a local cloud running."""
    return {**os.environ, "PORCHLIGHT_STACK_FILE": str(tmp_path / "stack.json")}


def porchlight(*arguments: str, environment: dict[str, str], seconds: float = 600) -> subprocess.CompletedProcess[str]:
    """The command; it builds first where nothing is built, which a busy machine takes its time for."""
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


def two_ports() -> int:
    """A free port with a free one behind it, out of the way of those that systems hand out."""
    return next(port for port in iter(lambda: random.randrange(20_000, 30_000, 2), None) if not is_served(port))


def is_served(port: int) -> bool:
    """Whether the cloud or its front door still answers."""
    return port_is_taken(port) or port_is_taken(port + 1)


@pytest.mark.skipif(faketime_library() is None, reason="the story of nine days needs libfaketime (Debian: libfaketime)")
def test_the_demo_tells_its_story_and_leaves_nothing_behind(surroundings: dict[str, str]) -> None:
    port = two_ports()
    told = porchlight("demo", "--once", "--json", "--port", str(port), environment=surroundings)
    assert told.returncode == 0, told.stderr[-2000:]
    document = json.loads(told.stdout)
    counts = {row["what"]: row["count"] for row in document["rows"]}
    assert counts["webhooks refused (forged or unsigned)"] == 2
    assert counts["webhooks to unknown carriers"] == 1
    assert counts["bodies quarantined"] == 1
    assert counts["answers of carriers that were asked"] >= 4, "FedEx at three times, DHL for the history"
    assert counts["subscriptions with a handshake"] == 1
    assert counts["codes without a meaning"] == 1
    assert counts["messages sent"] >= 47, "those of the story; what follows by itself goes by the hour"
    assert counts["of these by SMS"] == 2, "Ada's in the morning, Noor's when her parcel is on the van"
    assert counts["messages merged into another"] == 2, "Greta's second parcel, Selma's second order"
    assert counts["messages suppressed"] >= 2, "Inês, Maya's scan; and what other news was quicker than"
    assert counts["texts on phones"] == 5, "besides, two sign-ups and a STOP are answered"
    assert counts["delays declared"] == 2
    assert counts["returns"] == 4, "Maya's, Theo's, Priya's and Hanna's"
    assert counts["of these by the portal"] == counts["withdrawals by law"] == 1
    assert counts["refunds paid"] == counts["store credits given"] == 1
    assert set(document["links"]) == {"Inbox", "Tracking page", "Returns portal", "Ops dashboard", "Phones"}
    (chosen,) = document["more"].values()
    told_of = [(row["shopper"], row["moment"], row["channel"], row["outcome"], row["waited for"]) for row in chosen]
    assert told_of == [
        ("Ada Whitlock", "shipped", "sms", "sent", "quiet hours"),
        ("Ada Whitlock", "out for delivery", "email", "delivered", ""),
        ("Greta Winkler", "split shipment", "email", "delivered", ""),
        ("Greta Winkler", "shipped", "email", "delivered", "other parcels of the order"),
        ("Greta Winkler", "shipped", "email", "merged", "other parcels of the order"),
        ("Selma Dahl", "shipped", "email", "delivered", "the shopper's daily digest"),
        ("Selma Dahl", "shipped", "email", "merged", "the shopper's daily digest"),
    ]
    assert all(row["why"].startswith(("porchlight explain shp_", "porchlight explain ord_")) for row in chosen)
    assert not is_served(port)


def test_a_taken_port_is_one_clear_sentence(surroundings: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = porchlight("demo", "--once", "--port", str(port), environment=surroundings)
    assert told.returncode == 1
    assert f"Port {port}" in told.stderr
    assert "Traceback" not in told.stderr


def test_up_serves_until_down(surroundings: dict[str, str]) -> None:
    port = two_ports()
    started = porchlight("up", "--port", str(port), environment=surroundings)
    try:
        assert started.returncode == 0, started.stderr[-2000:]
        with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/inbox", timeout=10) as page:
            assert page.status == 200
        again = porchlight("up", "--port", str(port), environment=surroundings)
        assert "up already" in again.stderr
    finally:
        stopped = porchlight("down", environment=surroundings)
    assert stopped.returncode == 0, stopped.stderr
    assert not is_served(port)
    assert "No local cloud" in porchlight("down", environment=surroundings).stderr


@pytest.mark.skipif(faketime_library() is None, reason="needs libfaketime (Debian: libfaketime)")
def test_interrupted_in_the_middle_it_leaves_nothing_behind(surroundings: dict[str, str]) -> None:
    port = two_ports()
    running = subprocess.Popen(
        [COMMAND, "demo", "--port", str(port)], env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(300):
        if Path(surroundings["PORCHLIGHT_STACK_FILE"]).exists():
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    running.wait(30)
    assert not is_served(port)
    assert not Path(surroundings["PORCHLIGHT_STACK_FILE"]).exists()
