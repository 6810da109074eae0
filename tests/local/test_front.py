"""The front door, before an API that notes what it gets."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.cloud.launcher import PortTakenError
from local.front import MAX_BODY_BYTES, Front, Request, Response
from tests.local.lab import Lab

EVERY_BYTE = bytes(range(256))


class Api(BaseHTTPRequestHandler):
    """Notes the request, and answers with every byte there is."""

    seen: list[dict[str, Any]]

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
        self.send_response(418)
        self.send_header("Content-Type", "image/png")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(EVERY_BYTE)

    do_GET = do_POST = do_DELETE = serve

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    seen: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Api,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/stage", seen
    server.shutdown()
    server.server_close()


@pytest.fixture
def front() -> Iterator[Front]:
    with Front(routes={"/page": lambda request: Response.json({"path": request.path, "query": request.query})}) as door:
        yield door


def ask(
    front: Front, method: str, path: str, body: Any = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes | None))
    answer = connection.getresponse()
    return answer, answer.read()


def test_method_path_headers_and_body_arrive_byte_for_byte(front: Front, api: Any) -> None:
    front.upstream, seen = api
    answer, body = ask(front, "POST", "/a%2Fb/%C3%BC?x=%20&x=2&y=a+b", EVERY_BYTE, **{"X-Signature": "abc="})
    assert (answer.status, body) == (418, EVERY_BYTE)
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    request = seen[0]
    assert (request["method"], request["body"]) == ("POST", EVERY_BYTE)
    assert request["path"] == "/stage/a%2Fb/%C3%BC?x=%20&x=2&y=a+b"
    assert request["headers"]["x-signature"] == "abc="
    assert request["headers"]["host"] == f"127.0.0.1:{front.port}"
    assert request["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert request["headers"]["x-forwarded-proto"] == "http"


def test_a_chunked_body_arrives_whole(front: Front, api: Any) -> None:
    front.upstream, seen = api
    ask(front, "POST", "/", iter([b"one ", b"two"]), **{"Transfer-Encoding": "chunked"})
    assert seen[0]["body"] == b"one two"


def test_a_request_that_makes_no_sense_is_refused(front: Front, api: Any) -> None:
    front.upstream, seen = api
    assert ask(front, "POST", "/", b"", **{"Content-Length": "-1"})[0].status == 400
    assert ask(front, "POST", "/", b"", **{"Content-Length": "many"})[0].status == 400
    assert not seen


def test_raw_bytes_in_the_path_are_escaped(front: Front, api: Any) -> None:
    front.upstream, seen = api
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as connection:
        connection.sendall("GET //a/ü HTTP/1.0\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 418")
    assert seen[0]["path"] in ("/stage//a/%C3%BC", "/stage/a/%C3%BC")  # http.server takes double slashes for one


def test_more_than_an_api_takes_is_refused(front: Front, api: Any) -> None:
    front.upstream, seen = api
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    assert not seen


def test_an_api_that_is_not_there_is_a_bad_gateway(front: Front) -> None:
    assert ask(front, "GET", "/")[0].status == 502
    front.upstream = "http://127.0.0.1:1"
    assert ask(front, "GET", "/")[0].status == 502


def test_local_pages_are_mounted_by_prefix(front: Front, api: Any) -> None:
    front.upstream, seen = api
    assert json.loads(ask(front, "GET", "/page/1?a=b")[1]) == {"path": "/page/1", "query": {"a": ["b"]}}
    assert ask(front, "GET", "/pages")[0].status == 418

    def broken(request: Request) -> Response:
        raise RuntimeError("oh")

    front.routes["/page/broken"] = broken
    assert ask(front, "GET", "/page/broken")[0].status == 500
    assert len(seen) == 1


def test_a_taken_port_says_so(front: Front) -> None:
    with pytest.raises(PortTakenError, match=f"Port {front.port} .* already taken"):
        Front(front.port)


def test_the_deployed_api_answers_through_it(lab: Lab, front: Front) -> None:
    front.upstream = lab.cloud.http_api_url(lab.outputs["ApiId"])
    answer, body = ask(front, "POST", "/hook/ups?x=1", b'{"a": 1}', **{"Content-Type": "application/json"})
    event = json.loads(body)["event"]
    assert answer.status == 200
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/hook/ups", "x=1", '{"a": 1}')
    assert ask(front, "GET", "/binary")[1] == EVERY_BYTE
