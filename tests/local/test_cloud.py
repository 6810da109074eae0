"""Starting, stopping, deploying."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import corrections
from local.cloud.deploy import DeployError, deploy
from local.cloud.launcher import LocalCloud, PortTakenError, group_is_alive
from local.cloud.waiting import eventually
from tests.local.lab import STACK_DIR, Lab

TESTS = Path(__file__).parent


def test_each_correction_has_a_module_a_test_and_its_line_in_the_documentation() -> None:
    modules = {path.stem for path in Path(corrections.__file__).parent.glob("*.py")} - {"__init__"}
    tests = "".join(path.read_text() for path in [*TESTS.glob("test_*.py"), *TESTS.parent.glob("workflows/test_*.py")])
    assert modules == set(corrections.NAMES)
    documented = (TESTS.parents[1] / "docs" / "local-cloud.md").read_text()
    assert [name for name in corrections.NAMES if f"def test_{name}__" not in tests] == []
    assert [name for name in corrections.NAMES if f"\n`{name}` | " not in documented] == []


def test_another_version_of_the_emulator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "version", lambda name: "1.6.0")
    with pytest.raises(corrections.WrongVersionError, match=r"ministack 1\.6\.0 is installed"):
        corrections.apply_all()


def test_a_taken_port_says_so(cloud: LocalCloud) -> None:
    with pytest.raises(PortTakenError, match=f"Port {cloud.port} .* already taken"):
        LocalCloud(port=cloud.port).start()


def processes_of_group(group: int) -> list[str]:
    """The processes of a group, as ps shows them."""
    shown = subprocess.run(["ps", "-A", "-o", "pgid=,pid=,command="], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if line.split()[0] == str(group)]


def test_stopping_leaves_no_process_behind(tmp_path: Path) -> None:
    # Given a server with a worker of its own
    cloud = LocalCloud(data_dir=tmp_path).start()
    assert cloud.pid
    group = cloud.pid
    outputs = deploy(cloud.endpoint, "lab", STACK_DIR)
    cloud.client("lambda").invoke(FunctionName=outputs["Probe"], Payload=b"{}")
    assert len(processes_of_group(group)) >= 2
    # When it is stopped
    cloud.stop()
    # Then both are gone, and so are their files
    assert processes_of_group(group) == []
    assert not (tmp_path / "tmp").exists()
    cloud.stop()  # once more does no harm


def test_a_killed_launcher_leaves_no_process_behind(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from local.cloud.launcher import LocalCloud\n"
        "print(LocalCloud(data_dir=Path(sys.argv[1])).start().pid, flush=True); time.sleep(60)"
    )
    root = str(TESTS.parents[1])
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=root, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.PIPE
    ) as launcher:
        assert launcher.stdout
        group = int(launcher.stdout.readline())
        assert group_is_alive(group)
        launcher.send_signal(signal.SIGKILL)
    assert eventually(lambda: not group_is_alive(group))


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such correction: nonsense"):
        LocalCloud(data_dir=tmp_path, without=["nonsense"]).start()


def test_deploying_the_same_again_changes_nothing_and_reports_progress(lab: Lab) -> None:
    seen: list[tuple[int, int]] = []
    outputs = deploy(lab.cloud.endpoint, "lab", STACK_DIR, {"Marker": "two"}, progress=lambda *now: seen.append(now))
    assert outputs == lab.outputs
    assert seen[-1][0] == seen[-1][1] > 20


BROKEN = """
Resources:
  Good: {Type: AWS::SQS::Queue}
  Bad:
    Type: AWS::StepFunctions::StateMachine
    Properties: {RoleArn: "arn:aws:iam::000000000000:role/r", EncryptionConfiguration: {Type: NONSENSE}}
"""


def test_a_failed_deployment_says_which_resource_and_why_and_can_be_repeated(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(BROKEN)
    with pytest.raises(DeployError) as caught:
        deploy(lab.cloud.endpoint, "broken", tmp_path)
    assert [resource for resource, _ in caught.value.failures] == ["Bad"]
    assert "Model validation failed" in str(caught.value)
    (tmp_path / "template.yaml").write_text("Resources: {Good: {Type: AWS::Nonsense::Thing}}")
    with pytest.raises(DeployError, match="AWS::Nonsense::Thing"):
        deploy(lab.cloud.endpoint, "broken", tmp_path)
    (tmp_path / "template.yaml").write_text("Resources: {Good: {Type: AWS::SQS::Queue}}")
    deploy(lab.cloud.endpoint, "broken", tmp_path)


def test_code_is_uploaded_once_and_read_from_folders(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return 'from a folder'")
    (tmp_path / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n"
        "  One:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.13, Handler: app.handler, CodeUri: code}\n"
        "Outputs: {One: {Value: !Ref One}}\n"
    )
    outputs = deploy(lab.cloud.endpoint, "folder", tmp_path)
    answer = lab.client("lambda").invoke(FunctionName=outputs["One"])
    assert answer["Payload"].read() == b'"from a folder"'
