"""Names, addresses and numbers of shoppers stay where they belong: looked for in all that these tests leave behind."""

import base64
import json
from collections.abc import Iterator

from local.inbox import Email
from tests.e2e.world import Purchase, World


def elsewhere(world: World) -> Iterator[tuple[str, str]]:
    """Every place that people and programs look at which have no business with shoppers: (place, content)."""
    yield from world.logs()
    machines = world.client("stepfunctions")
    for machine in machines.get_paginator("list_state_machines").paginate().search("stateMachines"):
        pages = machines.get_paginator("list_executions").paginate(stateMachineArn=machine["stateMachineArn"])
        for run in (run for page in pages for run in page["executions"]):
            arn = run["executionArn"]
            yield machine["name"], json.dumps(machines.describe_execution(executionArn=arn), default=str)
            history = machines.get_paginator("get_execution_history").paginate(executionArn=arn)
            for page in history:
                yield f"{machine['name']}, history", json.dumps(page["events"], default=str)
    for page in world.client("cloudwatch").get_paginator("list_metrics").paginate():
        yield "metrics", json.dumps(page["Metrics"])
    for event in world.bus_events():
        yield "bus", json.dumps(event)
    for key in world.objects():
        yield "names of objects", key
    for (pk, sk), item in world.table().items():
        yield "keys", f"{pk} {sk} {item.get('due_shard')}"
        if item["entity_type"]["S"] == "message":
            yield "messages", json.dumps(item)
    for order in world.purchases:
        if world.stored(order):
            for link in world.links(order).values():
                token = link.rpartition("/")[2].partition(".")[0]
                yield "links", link + base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode(errors="replace")
    for email in world.inbox.emails():
        yield "tags of emails", json.dumps(email.tags)


def test_personal_data_is_nowhere_but_where_it_belongs(world: World) -> None:
    # Given all the orders of these tests, and one that came back at the least
    order = world.delivered()
    shown = world.await_return(order, world.returned(order), "approved")
    world.scan_label(order, shown)
    world.await_return(order, shown["return_id"], "refunded")
    world.quiet()
    needles = {personal.lower() for one in world.purchases for personal in one.personal}
    needles |= {shown["label"]["tracking_number"].lower()}
    # When everything is searched that others can see
    places, found = set(), []
    for place, content in elsewhere(world):
        places.add(place)
        lower = content.lower()
        found += [f"{place}: {needle} in {content[:300]}" for needle in needles if needle in lower]
    # Then there is nothing
    assert found == []
    # And there was something to search
    kinds = {"bus", "links", "keys", "messages", "metrics", "tags of emails"}
    assert kinds <= places
    assert {f"/porchlight/{world.running.stack.stage}/functions"} <= places
    assert {f"porchlight-local-returns-authorization{what}" for what in ("", ", history")} <= places
    # And it is where it belongs: with the shopper, and in the emails to the shopper
    assert holders(world, order) == {"shopper"}
    assert all(order.email in email.recipients for email in mine(world, order))


def holders(world: World, order: Purchase) -> set[str]:
    """The kinds of records that hold a shopper's name or address."""
    named = (order.email.lower(), *(name.lower() for name in order.name.split()))
    texts = {key: json.dumps(item).lower() for key, item in world.table().items()}
    table = world.table()
    return {table[key]["entity_type"]["S"] for key, text in texts.items() if any(name in text for name in named)}


def mine(world: World, order: Purchase) -> list[Email]:
    """The emails in which a shopper's name stands."""
    return [email for email in world.inbox.emails() if order.name.split()[0] in email.html + email.text]
