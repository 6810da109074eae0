"""`porchlight preview`: what a brand's people see while they edit words and looks."""

import re
import shutil
from pathlib import Path

import pytest

from local.front import Request, Response
from local.preview import CHANNELS, Preview
from porchlight.domain.moments import Moment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "brand", tmp_path_factory.mktemp("preview") / "brand"))


@pytest.fixture(scope="module")
def preview(folder: Path) -> Preview:
    return Preview(folder)


def ask(preview: Preview, path: str = "", **query: str) -> Response:
    return preview(Request("GET", f"/preview{path}", {name: [value] for name, value in query.items()}))


def text(answer: Response) -> str:
    return answer.body.decode()


def test_it_names_every_sample_and_shows_the_first_email(preview: Preview) -> None:
    page = text(ask(preview))
    assert len(re.findall(r"sample=[^&\"]+", page)) > 60
    assert "<iframe" in page
    assert "kB" in page


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_shows_the_chosen_moment(preview: Preview, channel: str) -> None:
    page = text(ask(preview, brand="larkspur", sample="order_confirmed", channel=channel))
    assert 'aria-current="page">order confirmed' in page
    assert {"email": "iframe", "sms": "GSM-7, 1 part<", "push": "Title"}.get(channel, "larkspur") in page


def test_the_document_is_the_email_itself_and_may_do_nothing(preview: Preview) -> None:
    answer = ask(preview, "/document", brand="larkspur", sample="order_confirmed")
    assert "Larkspur" in text(answer)
    assert dict(answer.headers)["Content-Security-Policy"].startswith("sandbox;")


def test_every_moment_is_seen_in_one_look(preview: Preview) -> None:
    page = text(ask(preview, "/all", brand="fjordhus", language="de"))
    shown = re.findall(
        r'<iframe title="([^"]+)".*?src="/preview/document\?brand=fjordhus&(?:amp;)?sample=([^&"]+)', page
    )
    assert len(shown) == len(Moment)
    assert len(dict(shown)) == len(Moment)
    assert page.count("language=de") >= len(Moment)


def test_what_nobody_offers_falls_back(preview: Preview) -> None:
    assert text(ask(preview, brand="nobody", sample="nothing", language="xx", channel="smoke")) == text(ask(preview))


def test_a_saved_change_shows_and_a_broken_one_says_what_is_wrong(preview: Preview, folder: Path) -> None:
    """Last: it leaves the folder changed."""
    before = ask(preview, "/build").body
    assert ask(preview, "/build").body == before
    own = folder / "larkspur/words/en.yaml"
    own.parent.mkdir()
    own.write_text("moments:\n  order_confirmed:\n    headline: We have your order.\n")
    assert ask(preview, "/build").body != before
    page = text(ask(preview, brand="larkspur", sample="order_confirmed", channel="text"))
    assert "We have your order." in page
    own.write_text("moments:\n  order_confirmed:\n    headlin: We have your order.\n")
    page = text(ask(preview))
    assert "does not build" in page
    assert "headlin" in page
    own.unlink()
    assert "<iframe" in text(ask(preview))
