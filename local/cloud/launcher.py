"""Start and stop the local cloud from Python.

with LocalCloud() as cloud:
    cloud.client("sqs").list_queues()
    cloud.jump("+5d")
"""

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
_ROOT = Path(__file__).resolve().parents[2]

# How long the server may go on with the time it knows. Reading the file at each look at the clock, as the functions'
# workers do (corrections/time_travel.py), would triple what everything costs.
_CLOCK_SECONDS = 1.1
_SETTLE_SECONDS = 0.2

# What a function's worker may see of this machine; everything else of the caller's environment stays out.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONDONTWRITEBYTECODE")
_FAKETIME_PLACES = {
    "Linux": (
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1",
    ),
    "Darwin": (
        "/opt/homebrew/lib/faketime/libfaketime.1.dylib",
        "/usr/local/lib/faketime/libfaketime.1.dylib",
    ),
}


class LocalCloudError(Exception):
    """The local cloud did not start."""


class PortTakenError(LocalCloudError):
    """Another process listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} on {HOST} is already taken. Stop what is running there, or choose another port.")
        self.port = port


def faketime_library() -> Path | None:
    """The library that lets the local cloud travel in time, if it is installed (Debian: `libfaketime`)."""
    places = (Path(place) for place in _FAKETIME_PLACES.get(platform.system(), ()))
    return next((place for place in places if place.exists()), None)


def port_is_taken(port: int) -> bool:
    """Whether the port cannot be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class LocalCloud:
    """One server process with all its functions' workers, in a process group of its own."""

    def __init__(
        self,
        port: int = 0,
        *,
        auth: bool = False,
        faketime: Path | None = None,
        data_dir: Path | None = None,
        python: str = sys.executable,
        tick_seconds: float = 1.0,
        retry_seconds: float | None = 1.0,
        without: Collection[str] = (),
        outlives_us: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe it; `start` starts it.

        `port` 0 takes a free one. `auth` enforces the IAM policies of the functions' roles. `faketime` is the
        library to travel in time with (`faketime_library()`). `data_dir` holds log and temporary files.
        `tick_seconds` is the pace of schedules and TTL, `retry_seconds` the time after which a failed queue
        message comes back (None: the queue's visibility timeout). `without` leaves corrections out.
        `outlives_us` lets it run on when we end. `environment` is what functions find beside their own.
        """
        self.port = port
        self.auth = auth
        self._temporary = tempfile.TemporaryDirectory(prefix="local-cloud-") if data_dir is None else None
        self.data_dir = data_dir or Path(self._temporary.name if self._temporary else "")
        self.pid: int | None = None
        self._faketime = faketime
        self._python = python
        self._settings = {"LOCAL_TICK_SECONDS": str(tick_seconds), "AUTH": str(auth).lower()}
        if retry_seconds is not None:
            self._settings["LOCAL_RETRY_SECONDS"] = str(retry_seconds)
        self._settings["LOCAL_CLOUD_WITHOUT"] = ",".join(without)
        self._outlives_us = outlives_us
        self._more = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The URL of all its APIs."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        """What the server wrote."""
        return self.data_dir / "server.log"

    @property
    def _clock_path(self) -> Path:
        return self.data_dir / "clock"

    @property
    def _hold_path(self) -> Path:
        return self.data_dir / "hold"

    def start(self, timeout: float = 30) -> Self:
        """Start the server and wait until it answers."""
        if self.port == 0:
            self.port = free_port()
        elif port_is_taken(self.port):
            raise PortTakenError(self.port)
        (self.data_dir / "tmp").mkdir(parents=True, exist_ok=True)
        self.jump("+0")
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [self._python, "-m", "local.cloud.server"],
                cwd=_ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL if self._outlives_us else subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        try:
            self._wait_until_ready(timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def _environment(self) -> dict[str, str]:
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        environment |= (
            self._more
            | self._settings
            | {
                "GATEWAY_PORT": str(self.port),
                "BIND_HOST": HOST,
                "IOT_MTLS_ENABLED": "0",
                "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
                "LOG_LEVEL": "WARNING",
                "TMPDIR": str(self.data_dir / "tmp"),
                "S3_DATA_DIR": str(self.data_dir / "s3"),
            }
        )
        if not self._outlives_us:
            environment["LOCAL_CLOUD_END_WITH_STDIN"] = "1"
        if self._faketime is not None:
            preload = "DYLD_INSERT_LIBRARIES" if platform.system() == "Darwin" else "LD_PRELOAD"
            environment |= {
                preload: str(self._faketime),
                "FAKETIME_TIMESTAMP_FILE": str(self._clock_path),
                "LOCAL_HOLD_FILE": str(self._hold_path),
                "FAKETIME_CACHE_DURATION": "0",  # once a second; "1" would be each two
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # see corrections/time_travel.py
                "DONT_FAKE_MONOTONIC": "1",  # the same for older versions
                # Else waits for Python's own lock end at once, and two busy threads take fifty times as long.
                "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            }
            if platform.system() == "Darwin":
                environment["DYLD_FORCE_FLAT_NAMESPACE"] = "1"
        return environment

    def _wait_until_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise LocalCloudError(f"The local cloud ended while starting:\n{self._log_tail()}")
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise LocalCloudError(f"The local cloud did not answer within {timeout:.0f} s:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """Stop the server and its workers; nothing of the process group is left when this returns."""
        if self._process is not None:
            stop_group(self._process.pid, reap=self._process)
            if self._process.stdin:
                self._process.stdin.close()
            self._process = self.pid = None
        shutil.rmtree(self.data_dir / "tmp", ignore_errors=True)
        if self._temporary is not None:
            self._temporary.cleanup()

    def jump(self, offset: str) -> None:
        """Set the local cloud's clock off from ours: "+5d", "+90m", "+0". Needs faketime."""
        if offset != "+0" and self._faketime is None:
            raise LocalCloudError("Started without faketime: the clock cannot be moved. Install libfaketime.")
        temporary = self._clock_path.with_suffix(".new")
        temporary.write_text(f"{offset}\n")
        if self._process is None:
            temporary.replace(self._clock_path)
            return
        # Functions start before or after the jump, never while server and workers disagree about the time.
        self._hold_path.touch()
        try:
            time.sleep(_SETTLE_SECONDS)
            temporary.replace(self._clock_path)  # never half written: it is read at any time
            time.sleep(_CLOCK_SECONDS)
        finally:
            self._hold_path.unlink(missing_ok=True)

    def client(self, service: str) -> Any:
        """A boto3 client for the local cloud, as its administrator."""
        return client(self.endpoint, service)

    def http_api_url(self, api_id: str) -> str:
        """Where a deployed HTTP API answers."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def client(endpoint: str, service: str) -> Any:
    """A boto3 client for the local cloud at `endpoint`, as its administrator."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        # Without this, Step Functions' sync calls go to a host name that does not exist here.
        config=Config(inject_host_prefix=False, retries={"max_attempts": 2, "mode": "standard"}),
    )


def stop_group(pid: int, *, reap: subprocess.Popen[bytes] | None = None, patience: float = 5) -> None:
    """End the server with this pid and all that it started.

    Killed rather than asked: its state is in memory only, and its own shutdown waits for idle threads.
    """
    _signal_group(pid, signal.SIGKILL)
    if reap is not None:
        reap.wait(patience)
    _wait_until_gone(pid, patience=patience)


def group_is_alive(pid: int) -> bool:
    """Whether any process of the group that `pid` leads is left."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of zombies
        return False
    return True


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _wait_until_gone(pid: int, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    while group_is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
