"""An API of ours that listens on this machine, for commands that call it."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listening:
    """Answers each POST by ``answer(path, headers, body)`` with what a function behind the gateway would return."""

    def __init__(self, answer: Callable[[str, Mapping[str, str], bytes], dict[str, Any]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                found = answer(self.path, dict(self.headers.items()), body)
                sent = found["body"].encode()
                self.send_response(found["statusCode"])
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
