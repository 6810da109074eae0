"""The stack is updated while work is under way."""

import shutil
from pathlib import Path

from local.cloud.deploy import deploy
from local.demo.refund_desk import RefundDesk
from local.running import ARCHITECTURE, BUILD, ROOT
from porchlight.domain.moments import Moment
from tests.e2e.world import World

CHANGED = {"SendMessage", "RefundReturn"}
OTHERS = {"AdvanceReturn", "ShowTrackingPage"}


def live(world: World, function: str) -> str:
    """The version behind a function's alias."""
    found = world.client("lambda").get_alias(FunctionName=world.functions[function], Name="live")
    return str(found["FunctionVersion"])


def test_an_update_moves_on_to_new_versions_and_what_waits_goes_on(world: World, tmp_path: Path) -> None:
    # Given a return whose parcel is awaited
    order = world.delivered()
    return_id = world.returned(order)
    shown = world.await_return(order, return_id, "approved")
    world.quiet()
    before = {name: live(world, name) for name in CHANGED | OTHERS}
    # When a build is deployed in which some functions have changed, and then once more
    build = tmp_path / ".aws-sam" / "build"
    shutil.copytree(BUILD, build)
    (tmp_path / "statemachines").symlink_to(ROOT / "statemachines")  # the built template names them from there
    for name in CHANGED:
        with (build / name / "app.py").open("a") as code:
            code.write("\n# changed\n")
    parameters = {
        "Target": "local",
        "Stage": world.running.stack.stage,
        "Arch": ARCHITECTURE,
        "PublicUrl": world.front.url,
        "RefundUrl": f"{world.front.url}{RefundDesk.PREFIX}",
    }
    for _ in range(2):
        outputs = deploy(world.running.cloud.endpoint, world.running.stack.name, build, parameters)
    # Then the stack is where it was, and the functions that changed run as one new version, the others as they were
    assert outputs.items() - {"PublicUrl": ""}.items() <= world.outputs.items()
    after = {name: live(world, name) for name in before}
    assert {name for name in before if after[name] != before[name]} == CHANGED
    # And what waited goes on with them
    world.scan_label(order, shown)
    world.await_return(order, return_id, "refunded")
    world.await_message(order, Moment.REFUNDED)
    assert f"{world.front.url}/r/" in world.emails(order)[-1].text
    # And what is new works as before
    other = world.delivered(brand="fjordhus", via="easypost")
    assert "Your parcel was delivered today" in world.page(other)
