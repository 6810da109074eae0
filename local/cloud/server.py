"""The server process of the local cloud: `python -m local.cloud.server`, started by the launcher.

Settings come from the environment: GATEWAY_PORT, AUTH, LOCAL_TICK_SECONDS, LOCAL_RETRY_SECONDS,
LOCAL_CLOUD_WITHOUT. Functions' workers inherit this environment, so it must be a clean one; the launcher sees
to that.
"""

import os
import signal
import sys
import threading

from local.cloud import corrections
from local.cloud.emulator import module


def main() -> None:
    """Correct the emulator and serve until stopped."""
    os.environ.setdefault("BIND_HOST", "127.0.0.1")
    os.environ.setdefault("IOT_MTLS_ENABLED", "0")
    os.environ.setdefault("MINISTACK_PYTHON_3_13", sys.executable)
    without = os.environ.pop("LOCAL_CLOUD_WITHOUT", "")
    if os.environ.pop("LOCAL_CLOUD_END_WITH_STDIN", ""):
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    corrections.apply_all([name for name in without.split(",") if name])
    module("app").main()


def _end_with_stdin() -> None:
    """End when the launcher is gone: it holds the other end of our stdin, and never writes to it.

    Even a launcher that was killed leaves no server behind. The workers end in turn when their stdin closes.
    """
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
