"""An invocation's log lines are complete, and nobody waits for lines that do not come.

Stock: after each invocation the server waits up to 50 ms for a first log line, and takes what has arrived 5
ms after the last: quiet functions are slowed down, busy machines lose lines to the next invocation.
AWS: each invocation's lines are its own.
Why: metrics travel in log lines (embedded_metrics); a late line is a late figure on the dashboard.

The worker ends each invocation's log with a mark; the server reads up to the mark.
"""

import queue
import time
from typing import Any

from local.cloud.emulator import module, replace_once

_MARK = "\x1eend-of-invocation\x1e"
_PATIENCE_SECONDS = 1.0  # a worker killed in the middle never writes its mark


def apply() -> None:
    """Let the worker write the mark and the server wait for it."""
    runtime = module("core.lambda_runtime")
    runtime._PYTHON_WORKER_SCRIPT = replace_once(
        runtime._PYTHON_WORKER_SCRIPT,
        "        _real_stdout.flush()\n\nrun()",
        f"        sys.stderr.write('\\n' + {_MARK!r} + '\\n')\n"
        "        sys.stderr.flush()\n"
        "        _real_stdout.flush()\n\nrun()",
    )

    def drain(worker: Any) -> str:
        lines: list[str] = []
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while (left := give_up - time.monotonic()) > 0:
            try:
                line = worker._stderr_queue.get(timeout=left)
            except queue.Empty:
                break
            if line == _MARK:
                break
            lines.append(line)
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(lines)

    stock_read = runtime.Worker._read_stderr

    def read(worker: Any) -> None:
        stock_read(worker)
        worker._stderr_queue.put(_MARK)  # the process ended: there is nothing more to wait for

    runtime.Worker._drain_stderr_bounded = drain
    runtime.Worker._read_stderr = read
