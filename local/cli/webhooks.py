"""`porchlight webhooks`: what goes to the brand's own endpoints: look at it, send it anew, try an endpoint."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from porchlight.domain.webhooks import WebhookDelivery, WebhookEndpoint
    from porchlight.runtime.bootstrap import App

commands = typer.Typer(
    name="webhooks",
    help="Events for the brand's own endpoints: what was delivered, what was not, sending anew, trying one out.",
    no_args_is_help=True,
)

EndpointId = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its id in brand.yaml.")]
DeliveryId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]
WAIT = 60
"""Seconds that a test's answer is waited for."""


@commands.command("list")
def list_deliveries(
    state: Annotated[str, typer.Option(help="Only these: pending, delivered or dead.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each endpoint.")] = 20,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Endpoints, how they stand, and their newest deliveries."""
    from porchlight.services.show_webhooks import endpoints, show

    if state not in ("", "pending", "delivered", "dead"):
        raise typer.BadParameter("it is pending, delivered or dead", param_hint="--state")
    output = Output(json)
    with opened(output, stage, region) as stack:
        app, of = stack.app(), brands(brand)
        standing = [
            {"brand": name, **one}
            for name in of
            for one in endpoints(app.webhook_deliveries, app.brands, name)["endpoints"]
        ]
        found = [one for name, at in _endpoints(app, of) for one in _newest(app, name, at.id, state, limit)]
    if json:
        output.document({"endpoints": standing, "deliveries": [_named(one) | show(one) for one in found]})
    elif not standing:
        output.say("No brand has an endpoint (webhooks in brand.yaml).")
    else:
        output.report("Endpoints", [one | {"events": ", ".join(one["events"])} for one in standing])
        output.report("Deliveries", [_row(one) for one in found])


@commands.command()
def show(
    endpoint: EndpointId,
    delivery: DeliveryId,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """One delivery: what is sent, and each try. Exit code 1 if it is not there."""
    from porchlight.services.show_webhooks import show as shown

    output = Output(json)
    with opened(output, stage, region) as stack:
        found = _find(stack.app(), brands(brand), endpoint, delivery)
    if found is None:
        output.fail(f"There is no delivery {delivery} for {endpoint}.")
    if json:
        output.document(_named(found) | shown(found) | {"body": found.body})
        return
    for name, value in _row(found).items():
        output.say(f"{name:<10}  {value}")
    output.say(f"\n{found.body}\n")
    output.report("Tries (UTC)", [_try(one) for one in shown(found)["attempts"]])


@commands.command()
def redrive(
    endpoint: Annotated[str, typer.Argument(metavar="[ENDPOINT]", help="Its id in brand.yaml.")] = "",
    delivery: Annotated[str, typer.Argument(metavar="[ID]", help="As `list` shows it.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Whatever is dead (of ENDPOINT).")] = False,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Send once more what is dead, or was delivered. Exit code 1 if one is not there, or is on its way."""
    if everything == bool(delivery):
        raise typer.BadParameter("name one delivery, or --all")
    output = Output(json)
    with opened(output, stage, region) as stack:
        app, of = stack.app(), brands(brand)
        if everything:
            found = [
                one
                for name, at in _endpoints(app, of)
                if endpoint in ("", at.id)
                for one in _newest(app, name, at.id, "dead", 10_000)
            ]
        elif one := _find(app, of, endpoint, delivery):
            found = [one]
        else:
            output.fail(f"There is no delivery {delivery} for {endpoint}.")
        for one in found:
            app.webhook_desk.send_anew(one)
    if json:
        output.document({"redriven": [one.delivery_id for one in found]})
    else:
        output.say(f"{len(found)} on their way again.")


@commands.command()
def enable(
    endpoint: EndpointId, brand: Brand = None, stage: Stage = None, region: Region = None, json: Json = False
) -> None:
    """Send to an endpoint again that was switched off. What died meanwhile: `redrive --all`."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        name, at = _endpoint(output, app, brands(brand), endpoint)
        enabled = app.webhook_desk.enable(name, at.id)
    if json:
        output.document({"brand": name, "endpoint": endpoint, "enabled": enabled})
    else:
        output.say(f"{endpoint} is sent to again." if enabled else f"{endpoint} was not switched off.")


@commands.command("test")
def try_out(
    endpoint: EndpointId, brand: Brand = None, stage: Stage = None, region: Region = None, json: Json = False
) -> None:
    """Send the event `WebhookTest` to an endpoint and wait for its answer. Exit code 1 if that is not 2xx."""
    from porchlight.domain.webhooks import TEST
    from porchlight.services.show_webhooks import show as shown

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        name, at = _endpoint(output, app, brands(brand), endpoint)
        now = app.clock()
        detail = {"brand": name, "id": f"test_{now:%Y%m%dT%H%M%S%f}", "occurred_at": now.isoformat()}
        event = {"detail-type": TEST, "time": now.isoformat(), "detail": detail}
        sent = app.webhook_desk.test(at, event)
        found = _answered(app, sent)
    if json:
        output.document(_named(found) | shown(found))
    if not found.attempts:
        output.fail(f"{endpoint}: no try yet. Look later: porchlight webhooks show {endpoint} {found.delivery_id}")
    last = _try(shown(found)["attempts"][-1])
    if found.state.value != "delivered":
        output.fail(f"{endpoint}: {last['answer']} after {last['took']}. It is tried again.")
    if not json:
        output.say(f"{endpoint}: {last['answer']} after {last['took']}.")


def _answered(app: App, sent: WebhookDelivery) -> WebhookDelivery:
    """The delivery once it was tried, or as it is when nobody waits any longer."""
    until = time.monotonic() + WAIT
    found = sent
    while not found.attempts and time.monotonic() < until:
        time.sleep(0.5)
        found = app.webhook_deliveries.get(sent.brand, sent.endpoint, sent.delivery_id) or found
    return found


def _endpoints(app: App, of: Sequence[str]) -> Iterator[tuple[str, WebhookEndpoint]]:
    return ((name, endpoint) for name in of for endpoint in app.brands.get(name).webhooks)


def _endpoint(output: Output, app: App, of: Sequence[str], wanted: str) -> tuple[str, WebhookEndpoint]:
    found = [(name, endpoint) for name, endpoint in _endpoints(app, of) if endpoint.id == wanted]
    if len(found) > 1:
        output.fail(f"Several brands have an endpoint {wanted}; say --brand.")
    if not found:
        output.fail(f"There is no endpoint {wanted}.")
    return found[0]


def _newest(app: App, brand: str, endpoint: str, state: str, limit: int) -> list[WebhookDelivery]:
    """The newest ones in a state, read page by page."""
    found: list[WebhookDelivery] = []
    before = ""
    while len(found) < limit:
        page = app.webhook_deliveries.of_endpoint(brand, endpoint, 100, before)
        found += [one for one in page if state in ("", one.state.value)]
        if len(page) < 100:
            break
        before = page[-1].delivery_id
    return found[:limit]


def _find(app: App, of: Sequence[str], endpoint: str, delivery: str) -> WebhookDelivery | None:
    return next((one for name in of if (one := app.webhook_deliveries.get(name, endpoint, delivery))), None)


def _named(one: WebhookDelivery) -> dict[str, Any]:
    return {"brand": one.brand, "endpoint": one.endpoint}


def _row(one: WebhookDelivery) -> dict[str, object]:
    last = one.attempts[-1] if one.attempts else None
    return {
        **_named(one),
        "id": one.delivery_id,
        "event": one.type,
        "state": f"{one.state.value} ({one.why.replace('_', ' ')})" if one.why else one.state.value,
        "tries": len(one.attempts),
        "last": str(last.status or last.error) if last else "",
    }


def _try(one: dict[str, Any]) -> dict[str, str]:
    answer = str(one["status"] or one["error"].replace("-", " ").replace("_", " "))
    return {"at": one["at"][:19], "answer": answer, "took": f"{one['milliseconds']} ms"}
