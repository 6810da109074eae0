"""Porchlight on the local cloud: built, deployed, with its front door and the demo's secrets. The demo and the e2e
tests use it.

with Running.start(output, port=4566) as running:
    running.send("POST", "/webhooks/easypost", body, headers)
    running.travel(timedelta(days=5))
"""

import hashlib
import json
import os
import platform
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.cloud.deploy import deploy
from local.cloud.launcher import LocalCloud, faketime_library
from local.console import Output
from local.demo.brand_desk import BrandDesk
from local.demo.carrier_desk import CarrierDesk
from local.demo.credentials import STAGE, Credentials
from local.demo.refund_desk import RefundDesk
from local.explained import Explained
from local.front import Front, Handler
from local.inbox import Inbox
from local.ops import OpsPage
from local.phones import Phones
from local.returned import Returned
from local.stack import Stack
from porchlight.runtime.bootstrap import App

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".aws-sam" / "build"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


SENDER_DOMAINS = ("larkspur.example", "fjordhus.example")
"""What a brand verifies with SES before it sends (docs/deploying.md)."""


class BuildError(Exception):
    """`sam build` failed; says what it said."""


def build() -> bool:
    """`sam build` with the project's own tools, for this machine; False where it is built already."""
    made_from, stamp = _sources(), BUILD / "built-from"
    if stamp.exists() and stamp.read_text() == made_from:
        return False
    tools = ROOT / ".venv" / "bin"
    foreign = ("LAYER_ARCH", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    environment = kept | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    command = [str(tools / "sam"), "build", "--config-env", "local"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError("\n".join((done.stdout + done.stderr).strip().splitlines()[-25:]))
    stamp.write_text(made_from)
    return True


def _sources() -> str:
    """Changes with everything that a build is made from. (`sam build --cached` looks at less.)"""
    digest = hashlib.sha256()
    for place in (
        "template.yaml",
        "samconfig.toml",
        "requirements/layer.txt",
        "functions",
        "layers",
        "statemachines",
        "brand",
    ):
        files = sorted((ROOT / place).rglob("*")) if (ROOT / place).is_dir() else [ROOT / place]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts and ".mypy_cache" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def offset_text(offset: timedelta) -> str:
    """As faketime reads it: seconds with a sign."""
    return f"{round(offset.total_seconds()):+d}"


@dataclass
class Answer:
    """What the front door answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Running:
    """A running, deployed Porchlight."""

    cloud: LocalCloud
    front: Front
    stack: Stack
    credentials: Credentials
    refunds: RefundDesk
    carriers: CarrierDesk
    brands: BrandDesk
    phones: Phones
    offset: timedelta = field(default=timedelta())

    @classmethod
    def start(
        cls,
        output: Output,
        *,
        port: int = 0,
        auth: bool = False,
        with_build: bool = True,
        outlives_us: bool = False,
        data_dir: Path | None = None,
        begin: timedelta = timedelta(),
    ) -> Self:
        """Start the cloud at ``port`` (0: any) and the front door at the port after it, build, deploy, put the secrets.

        With ``begin`` its clock is that far away from ours from the start (where time can be moved).
        """
        front, phones = Front(port + 1 if port else 0).start(), Phones()
        cloud = LocalCloud(
            port,
            auth=auth,
            faketime=faketime_library(),
            outlives_us=outlives_us,
            data_dir=data_dir,
            environment=phones.environment(front.url),
        )
        try:
            with output.step("Starting the local cloud"):
                cloud.start()
                begin = begin if faketime_library() else timedelta()
                cloud.jump(offset_text(begin))
            if with_build:
                with output.step("Building (sam build)"):
                    build()
            carriers = CarrierDesk(front.url)
            credentials = Credentials(carriers.base, brand_desk=f"{front.url}{BrandDesk.PREFIX}")
            with output.step("Deploying template.yaml", total=1) as step:
                outputs = deploy(
                    cloud.endpoint,
                    f"porchlight-{STAGE}",
                    BUILD,
                    {
                        "Target": "local",
                        "Stage": STAGE,
                        "Arch": ARCHITECTURE,
                        "PublicUrl": front.url,
                        "RefundUrl": f"{front.url}{RefundDesk.PREFIX}",
                    },
                    progress=lambda done, total: step.advance(1 / total) if done else None,
                )
                credentials.store(cloud.client("secretsmanager"))
                for domain in SENDER_DOMAINS:
                    cloud.client("sesv2").create_email_identity(EmailIdentity=domain)
            links = {
                "inbox": f"{front.url}/inbox",
                "ops": f"{front.url}/ops",
                "api": front.url,
            }
            stack = Stack(STAGE, outputs | {"PublicUrl": front.url}, endpoint=cloud.endpoint, links=links)
            refunds, brands = RefundDesk(credentials.refunds), BrandDesk(credentials.webhooks)
            pages: dict[str, Handler] = {
                "/inbox": Inbox(cloud.endpoint, phones),
                "/ops": OpsPage(stack),
                "/ops/messages": Explained(stack),
                "/ops/returns": Returned(stack),
            }
            desks: dict[str, Handler] = {
                RefundDesk.PREFIX: refunds,
                CarrierDesk.PREFIX: carriers,
                BrandDesk.PREFIX: brands,
                Phones.PREFIX: phones,
            }
            front.routes = {**pages, **desks}
            front.upstream = cloud.http_api_url(outputs["ApiId"])
            running = cls(cloud, front, stack, credentials, refunds, carriers, brands, phones, begin)
        except BaseException:
            front.stop()
            cloud.stop()
            raise
        return running

    @cached_property
    def app(self) -> App:
        """The ports of Porchlight on this stack: for looking at records, and for what operators do."""
        return self.stack.app()

    @property
    def can_travel(self) -> bool:
        """Whether the cloud's clock can be moved (libfaketime is installed)."""
        return faketime_library() is not None

    def now(self) -> datetime:
        """The local cloud's time."""
        return datetime.now(UTC) + self.offset

    def travel_to(self, offset: timedelta) -> None:
        """Set the local cloud's clock ``offset`` away from ours."""
        self.offset = offset
        self.cloud.jump(offset_text(offset))

    def travel(self, by: timedelta) -> None:
        """Move the local cloud's clock on."""
        self.travel_to(self.offset + by)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """A request to the front door, as a carrier, a store or a shopper makes it."""
        request = urllib.request.Request(f"{self.front.url}{path}", data=body or None, method=method)
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def stop(self) -> None:
        """Stop everything that was started; nothing is left behind."""
        self.front.stop()
        self.cloud.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
