"""The caller, against a server on this machine that behaves as servers should not."""

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from porchlight.adapters import http
from porchlight.adapters.http import MAX_ANSWER, HttpCaller
from porchlight.connectors import Call
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Peer:
    """A server; ``behave`` answers each request. ``connections`` counts what was opened."""

    def __init__(self) -> None:
        self.behave: Behaviour = lambda request: answer(request, b"hello")
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        peer = self

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                peer.connections += 1

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                peer.requests.append((self.command, self.path, headers, body))
                peer.behave(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


def answer(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response_only(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture
def peer() -> Iterator[Peer]:
    found = Peer()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def caller() -> HttpCaller:
    return HttpCaller(connect_seconds=1, call_seconds=1)


def test_the_call_arrives_as_it_was_built_and_its_answer_comes_back(peer: Peer, caller: HttpCaller) -> None:
    peer.behave = lambda request: answer(request, b"\x00body", 418, X_Kind="teapot")
    call = Call(f"{peer.url}/track/A%2FB?lang=en&x=%20", "POST", {"Authorization": "Bearer t", "X-A": "b"}, b"{}")
    found = caller.make(call)
    assert (found.status, found.body, found.headers["x-kind"]) == (418, b"\x00body", "teapot")
    ((method, path, headers, body),) = peer.requests
    assert (method, path, body) == ("POST", "/track/A%2FB?lang=en&x=%20", b"{}")
    assert (headers["authorization"], headers["x-a"], headers["user-agent"]) == ("Bearer t", "b", "porchlight")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_with_and_without_a_body(peer: Peer, caller: HttpCaller, method: str) -> None:
    for body in (b"", b"x" * 5000):
        assert caller.make(Call(peer.url, method, body=body)).status == 200
    assert [(seen[0], seen[1], seen[3]) for seen in peer.requests] == [(method, "/", b""), (method, "/", b"x" * 5000)]


def test_a_header_of_the_call_takes_the_place_of_ours(peer: Peer, caller: HttpCaller) -> None:
    caller.make(Call(peer.url, headers={"User-Agent": "other"}))
    assert peer.requests[0][2]["user-agent"] == "other"


class TestConnections:
    def test_one_serves_many_calls(self, peer: Peer, caller: HttpCaller) -> None:
        for _ in range(5):
            caller.make(Call(peer.url))
        assert (len(peer.requests), peer.connections) == (5, 1)

    def test_one_that_was_closed_meanwhile_is_replaced(self, peer: Peer, caller: HttpCaller) -> None:
        def silently_closed(request: BaseHTTPRequestHandler) -> None:
            answer(request, b"ok")
            request.close_connection = True

        peer.behave = silently_closed
        for _ in range(3):
            assert caller.make(Call(peer.url, "POST", body=b"x")).body == b"ok"
        assert (len(peer.requests), peer.connections) == (3, 3)

    def test_one_that_says_close_is_not_kept(self, peer: Peer, caller: HttpCaller) -> None:
        peer.behave = lambda request: answer(request, b"ok", Connection="close")
        for _ in range(2):
            caller.make(Call(peer.url))
        assert peer.connections == 2

    def test_threads_have_their_own(self, peer: Peer, caller: HttpCaller) -> None:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: [caller.make(Call(peer.url)).body for _ in range(20)], range(4)))
        assert found == [[b"hello"] * 20] * 4

    def test_no_more_are_kept_than_a_few_and_those_used_last(
        self, caller: HttpCaller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "KEPT", 2)
        peers = [Peer() for _ in range(3)]
        for number in (0, 1, 0, 2, 0, 1):  # 2 takes the place of 1
            caller.make(Call(peers[number].url))
        assert [peer.connections for peer in peers] == [1, 2, 1]
        for peer in peers:
            peer.server.shutdown()
            peer.server.server_close()

    def test_a_certificate_that_is_not_good_is_nobodys_fault_here(
        self, caller: HttpCaller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise ssl.SSLCertVerificationError(1, "self-signed")

        monkeypatch.setattr(socket, "create_connection", refuse)
        with pytest.raises(TransientError):
            caller.make(Call("https://carrier.example/"))

    def test_a_call_after_a_failure_is_a_new_one(self, peer: Peer, caller: HttpCaller) -> None:
        peer.behave = lambda request: request.connection.close()
        with pytest.raises(TransientError):
            caller.make(Call(peer.url))
        peer.behave = lambda request: answer(request, b"ok")
        assert caller.make(Call(peer.url)).body == b"ok"


class TestWhereItGoes:
    @pytest.mark.parametrize(
        "url",
        [
            "http://carrier.example/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1.carrier.example/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "//127.0.0.1/",
            "",
            "https://user:secret@carrier.example/",
            "https://carrier.example:99999/",
            "https://carrier.example:port/",
            "https://[::1",
            "https://carrier.example/a b",
            "https://carrier.example/\u00fc",
        ],
    )
    def test_https_alone_but_for_this_machine(
        self, caller: HttpCaller, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was called"))
        with pytest.raises(PermanentProviderError) as caught:
            caller.make(Call(url))
        assert caught.value.problem == "bad-address"
        assert "secret" not in str(caught.value)

    def test_a_redirect_is_an_answer(self, peer: Peer, caller: HttpCaller) -> None:
        peer.behave = lambda request: answer(request, b"", 302, Location=f"{peer.url}/elsewhere")
        found = caller.make(Call(peer.url))
        assert (found.status, len(peer.requests)) == (302, 1)

    def test_proxies_of_the_environment_are_passed_over(
        self, peer: Peer, caller: HttpCaller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert caller.make(Call(peer.url)).body == b"hello"

    @pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-Evil: 1"}, {"X-\nA": "b"}, {"X-A": "\u2603"}])
    def test_no_header_breaks_out(self, peer: Peer, caller: HttpCaller, headers: dict[str, str]) -> None:
        with pytest.raises(PermanentProviderError) as caught:
            caller.make(Call(peer.url, headers=headers))
        assert caught.value.problem == "bad-request"
        assert not peer.requests

    def test_no_address_breaks_out(self, peer: Peer, caller: HttpCaller) -> None:
        with pytest.raises(PermanentProviderError):
            caller.make(Call(f"{peer.url}/a\x01b"))
        assert not peer.requests

    def test_strangers_certificates_are_not_trusted(self) -> None:
        context = http._context()
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


class TestNoAnswer:
    def fails(self, caller: HttpCaller, url: str) -> str:
        with pytest.raises(TransientError) as caught:
            caller.make(Call(url, headers={"authorization": "Bearer secret"}))
        assert caught.value.problem == NO_ANSWER
        assert "secret" not in str(caught.value)
        return str(caught.value)

    def test_nobody_listens(self, caller: HttpCaller) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert self.fails(caller, f"http://127.0.0.1:{port}/") == "ConnectionRefusedError"

    def test_one_who_listens_and_says_nothing(self, peer: Peer) -> None:
        done = threading.Event()
        peer.behave = lambda request: done.wait(10)  # type: ignore[assignment,return-value]
        self.fails(HttpCaller(connect_seconds=1, call_seconds=0.2), peer.url)
        done.set()

    def test_one_who_speaks_too_slowly_to_ever_end(self, peer: Peer) -> None:
        def drip(request: BaseHTTPRequestHandler) -> None:
            request.send_response_only(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            for _ in range(1000):
                try:
                    request.wfile.write(b".")
                except OSError:
                    return
                time.sleep(0.05)

        peer.behave = drip
        self.fails(HttpCaller(connect_seconds=1, call_seconds=0.5), peer.url)

    def test_also_where_only_its_end_says_how_long_it_is(self, peer: Peer) -> None:
        def drip(request: BaseHTTPRequestHandler) -> None:
            request.send_response_only(200)
            request.send_header("Connection", "close")
            request.end_headers()
            for _ in range(40):
                try:
                    request.wfile.write(b".")
                except OSError:
                    break
                time.sleep(0.05)
            request.close_connection = True

        peer.behave = drip
        self.fails(HttpCaller(connect_seconds=1, call_seconds=0.5), peer.url)

    def test_nor_one_who_does_so_before_the_body(self, peer: Peer) -> None:
        """Given headers each of which comes in time, when all of them never do, then nobody waits for the last."""
        sent: list[int] = []

        def drip(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(60):
                try:
                    request.wfile.write(b"X-%d: 1\r\n" % number)
                except OSError:
                    return
                sent.append(number)
                time.sleep(0.1)

        peer.behave = drip
        self.fails(HttpCaller(connect_seconds=1, call_seconds=0.5), peer.url)
        assert len(sent) < 60

    @pytest.mark.parametrize(
        "raw",
        [
            b"garbage\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhal",
            b"",
        ],
    )
    def test_one_who_breaks_off(self, peer: Peer, caller: HttpCaller, raw: bytes) -> None:
        def broken(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(raw)
            request.close_connection = True

        peer.behave = broken
        self.fails(caller, peer.url)


class TestSizes:
    def test_as_much_as_is_allowed(self, peer: Peer, caller: HttpCaller) -> None:
        peer.behave = lambda request: answer(request, b"x" * MAX_ANSWER)
        assert len(HttpCaller().make(Call(peer.url)).body) == MAX_ANSWER

    @pytest.mark.parametrize("packed", [False, True])
    def test_no_more(self, peer: Peer, packed: bool) -> None:
        body = b"x" * (MAX_ANSWER + 1)
        if packed:
            peer.behave = lambda request: answer(request, gzip.compress(body), Content_Encoding="gzip")
        else:
            peer.behave = lambda request: answer(request, body)
        with pytest.raises(PermanentProviderError) as caught:
            HttpCaller().make(Call(peer.url))
        assert caught.value.problem == "answer-too-large"

    def test_one_without_end_is_cut_off(self, peer: Peer) -> None:
        def endless(request: BaseHTTPRequestHandler) -> None:
            request.send_response_only(200)
            request.send_header("Connection", "close")
            request.end_headers()
            try:
                while True:
                    request.wfile.write(b"x" * 65536)
            except OSError:
                request.close_connection = True

        peer.behave = endless
        with pytest.raises(PermanentProviderError):
            HttpCaller().make(Call(peer.url))

    @pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
    def test_packed_answers_are_unpacked(self, peer: Peer, caller: HttpCaller, name: str, pack: Any) -> None:
        peer.behave = lambda request: answer(request, pack(b"hello" * 99), Content_Encoding=name)
        assert caller.make(Call(peer.url)).body == b"hello" * 99

    def test_one_that_is_not_packed_as_it_says(self, peer: Peer, caller: HttpCaller) -> None:
        peer.behave = lambda request: answer(request, b"plain", Content_Encoding="gzip")
        with pytest.raises(TransientError):
            caller.make(Call(peer.url))

    def test_chunks_are_put_together(self, peer: Peer, caller: HttpCaller) -> None:
        def chunked(request: BaseHTTPRequestHandler) -> None:
            request.send_response_only(200)
            request.send_header("Transfer-Encoding", "chunked")
            request.end_headers()
            request.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")

        peer.behave = chunked
        for _ in range(2):
            assert caller.make(Call(peer.url)).body == b"hello world"
        assert peer.connections == 1
