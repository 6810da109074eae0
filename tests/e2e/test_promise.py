"""A product page of a brand asks what may be promised, on the deployed stack."""

import json

from tests.e2e.world import LARKSPUR, World

QUESTION = f"brand={LARKSPUR}&destination=US-CA&postcode=94110&service=ground"


def test_a_product_page_gets_days_words_and_the_element(world: World) -> None:
    # When the page asks, without any key
    answer = world.running.send("GET", f"/v1/delivery-promise?{QUESTION}")
    # Then it gets days in order, words for them, and leave to keep them for a while
    assert answer.status == 200, answer.body
    found = json.loads(answer.body)
    assert found["earliest"] <= found["latest"] <= found["p90"]
    assert (found["zone"], found["origin"]) == ("America/Los_Angeles", "portland")
    assert found["text"].startswith("Arrives ")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"].startswith("public, max-age=")
    assert "94110" not in answer.body.decode()
    # And asked again it is told that nothing has changed
    again = world.running.send("GET", f"/v1/delivery-promise?{QUESTION}", headers={"if-none-match": headers["etag"]})
    assert again.status in (200, 304), "200 where the cut-off or midnight has just passed"
    # And the snippet says the same words, and the element is there
    snippet = world.running.send("GET", f"/v1/delivery-promise/snippet.html?{QUESTION}")
    assert (snippet.status, snippet.body[:3]) == (200, b"<p ")
    element = world.running.send("GET", "/v1/delivery-promise/snippet.js")
    assert element.status == 200
    assert b'customElements.define("porchlight-promise"' in element.body


def test_what_cannot_be_promised_is_a_problem_in_the_usual_form(world: World) -> None:
    answer = world.running.send("GET", f"/v1/delivery-promise?brand={LARKSPUR}&destination=Atlantis")
    assert answer.status == 400
    assert json.loads(answer.body)["detail"].startswith("destination: ")
