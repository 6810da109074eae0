"""The stack is updated while work is under way."""

from local.cloud.deploy import deploy
from local.demo.refund_desk import RefundDesk
from local.running import ARCHITECTURE, BUILD
from porchlight.domain.messages import Moment
from tests.e2e.world import World


def live(world: World, function: str) -> str:
    """The version behind a function's alias."""
    found = world.client("lambda").get_alias(FunctionName=world.functions[function], Name="live")
    return str(found["FunctionVersion"])


def test_an_update_moves_on_to_new_versions_and_what_waits_goes_on(world: World) -> None:
    # Given a return whose parcel is awaited
    order = world.delivered()
    return_id = world.returned(order)
    shown = world.await_return(order, return_id, "approved")
    world.quiet()
    before = {name: live(world, name) for name in ("SendMessage", "ShowTrackingPage", "RefundReturn", "AdvanceReturn")}
    # When the stack is deployed again, with other parameters for some functions
    parameters = {
        "Target": "local",
        "Stage": world.running.stack.stage,
        "Arch": ARCHITECTURE,
        "PublicUrl": f"{world.front.url}/",
        "RefundUrl": f"{world.front.url}{RefundDesk.PREFIX}/",
    }
    outputs = deploy(world.running.cloud.endpoint, world.running.stack.name, BUILD, parameters)
    # Then nothing that matters has another name
    assert outputs == {name: value for name, value in world.outputs.items() if name in outputs} | {
        "PublicUrl": outputs.get("PublicUrl", ""),
    } or {name: outputs[name] for name in ("TableName", "InboundQueueUrl", "ApiId", "BusName")} == {
        name: world.outputs[name] for name in ("TableName", "InboundQueueUrl", "ApiId", "BusName")
    }
    # And those functions whose settings changed run as new versions, the others as they were
    after = {name: live(world, name) for name in before}
    assert {name for name in before if after[name] != before[name]} == {
        "SendMessage",
        "ShowTrackingPage",
        "RefundReturn",
    }
    # And what waited goes on with them
    world.scan_label(order, shown)
    world.await_return(order, return_id, "refunded")
    world.await_message(order, Moment.REFUNDED)
    assert f"{world.front.url}/t/" in world.emails(order)[-1].text
    # And what is new works as before
    other = world.delivered(brand="fjordhus", via="easypost")
    assert "Your parcel was delivered today" in world.page(other)
