"""The caller of strangers' addresses: attacked by addresses, by redirects and by names that change their minds."""

import datetime
import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from porchlight.adapters import safe_http
from porchlight.adapters.safe_http import SafeCaller, is_public
from porchlight.connectors import Call
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError

NAME = "hooks.brand.example"
PUBLIC = "93.184.216.34"
INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::10.0.0.1",
    "::93.184.216.34",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:93.184.216.34",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2002:5db8:d822::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "nothing",
    "2130706433",
]


class Server:
    """A TLS server on this machine with a certificate for ``NAME``; ``behave`` answers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.paths: list[str] = []
        self.hosts: list[str | None] = []
        self.behave: Callable[[http.server.BaseHTTPRequestHandler], None] = _fine
        server = self

        class Connection(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.paths.append(self.path)
                server.hosts.append(self.headers.get("Host"))
                server.behave(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self.listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self.listening.daemon_threads = True
        self.listening.socket = context.wrap_socket(self.listening.socket, server_side=True)
        self.port = self.listening.server_address[1]
        threading.Thread(target=self.listening.serve_forever, args=(0.02,), daemon=True).start()


def _fine(request: http.server.BaseHTTPRequestHandler) -> None:
    _answer(request, 200, b"fine")


def _answer(request: http.server.BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    request.send_response_only(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of its own authority for ``NAME``, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    found = Server(context)
    yield found
    found.listening.shutdown()
    found.listening.server_close()


class World:
    """A resolver that answers in turn, and wires that all lead to the server; both remember what they were asked."""

    def __init__(self, server: Server, certificate: tuple[Path, Path]) -> None:
        self.server = server
        self.answers: list[Sequence[str]] = [[PUBLIC]]
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.dead: set[str] = set()
        self.context = ssl.create_default_context(cafile=str(certificate[0]))

    def resolve(self, host: str, port: int, seconds: float) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        if address in self.dead:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.server.port), seconds)

    def caller(self, call_seconds: float = 5, *, trusting: bool = True) -> SafeCaller:
        context = self.context if trusting else None
        return SafeCaller(call_seconds=call_seconds, resolve=self.resolve, dial=self.dial, context=context)


@pytest.fixture
def world(server: Server, certificate: tuple[Path, Path]) -> World:
    return World(server, certificate)


def refused(caller: SafeCaller, url: str) -> None:
    with pytest.raises(PermanentProviderError) as caught:
        caller.make(Call(url, "POST", {"authorization": "secret"}, b"{}"))
    assert caught.value.problem == "bad-address"


class TestPublicOnly:
    @pytest.mark.parametrize("address", INSIDE)
    def test_what_is_not_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:81b::200e"])
    def test_what_is(self, address: str) -> None:
        assert is_public(address)

    @given(st.ip_addresses(v=4))
    def test_no_spelling_in_ipv6_is_a_way_to_an_address_of_version_4(self, address: object) -> None:
        packed = int(address)  # type: ignore[call-overload]
        high, low = packed >> 16, packed & 0xFFFF
        for form in ("::ffff:{:x}:{:x}", "64:ff9b::{:x}:{:x}", "2002:{:x}:{:x}::1", "::{:x}:{:x}"):
            assert not is_public(form.format(high, low))

    @pytest.mark.parametrize("address", INSIDE)
    def test_a_name_that_leads_inside_is_not_called(self, world: World, address: str) -> None:
        world.answers = [[address]]
        refused(world.caller(), f"https://{NAME}/")
        world.answers = [[PUBLIC, address]]  # nor where one of its addresses does
        refused(world.caller(), f"https://{NAME}/")
        assert not world.dialled


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "169.254.169.254",
            PUBLIC,
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "brand.example.0x1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fd00:ec2::254]",
            "[2606:4700::1111]",
            "localhost",
            "metadata",
            "brand.example.",
            "brand..example",
            "-a.example",
            "127%2e0%2e0%2e1",
            "a.example%00.brand.example",
            "a_b.example:99",
            "brand.example:22",
            "brand.example:80",
            "brand.example:0",
            "user@brand.example",
            "brand.example\\@127.0.0.1",
        ],
    )
    def test_only_names_and_only_the_ports_of_the_web(self, world: World, host: str) -> None:
        refused(world.caller(), f"https://{host}/")
        assert not world.asked
        assert not world.dialled

    def test_never_by_plain_http(self, world: World) -> None:
        refused(world.caller(), f"http://{NAME}/")
        assert not world.asked

    @pytest.mark.parametrize("port", ["", ":443", ":8443", ":1024"])
    def test_a_port_that_may_be(self, world: World, port: str) -> None:
        assert world.caller().make(Call(f"https://{NAME}{port}/", "POST")).status == 200
        assert world.dialled == [(PUBLIC, int(port[1:] or 443))]


class TestThisMachine:
    def test_it_is_called_only_where_that_is_said(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
            refused(SafeCaller(), url)
            threading.Thread(target=_serve_once, args=(listening,), daemon=True).start()
            assert SafeCaller(loopback=True).make(Call(url)).body == b"hi"

    def test_no_other_name_leads_there_then(self, world: World) -> None:
        caller = SafeCaller(loopback=True, resolve=world.resolve, dial=world.dial)
        world.answers = [["127.0.0.1"]]
        refused(caller, f"https://{NAME}/")
        refused(caller, "http://127.0.0.2/")
        refused(caller, "http://10.0.0.1/")
        assert not world.dialled


def _serve_once(listening: socket.socket) -> None:
    channel, _ = listening.accept()
    with channel:
        channel.recv(65_536)
        channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")


class TestRebinding:
    def test_a_name_is_looked_up_once_and_that_address_is_called(self, world: World) -> None:
        # Given a name whose first answer is public, and whose second leads inside
        world.answers = [[PUBLIC], ["169.254.169.254"]]
        caller = world.caller()
        # Then the call goes where was looked, under the name and with its certificate
        assert caller.make(Call(f"https://{NAME}/in", "POST", body=b"{}")).body == b"fine"
        assert (world.asked, world.dialled, world.server.hosts) == ([NAME], [(PUBLIC, 443)], [NAME])
        # and the next one by the connection that is there, not by the new address
        assert caller.make(Call(f"https://{NAME}/in", "POST", body=b"{}")).status == 200
        assert world.dialled == [(PUBLIC, 443)]

    def test_a_connection_that_was_closed_is_opened_anew_only_to_a_public_address(self, world: World) -> None:
        def closes(request: http.server.BaseHTTPRequestHandler) -> None:
            _fine(request)
            request.close_connection = True

        world.server.behave = closes
        world.answers = [[PUBLIC], ["127.0.0.1"]]
        caller = world.caller()
        caller.make(Call(f"https://{NAME}/", "POST"))
        refused(caller, f"https://{NAME}/")
        assert world.dialled == [(PUBLIC, 443)]

    def test_a_connection_is_never_opened_by_its_name_again(self, world: World) -> None:
        # Given one that was closed on our side, which the library would open again by its name
        caller = world.caller()
        caller.make(Call(f"https://{NAME}/", "POST"))
        (kept,) = caller._kept.connections.values()
        kept.close()
        # When another call is made
        assert caller.make(Call(f"https://{NAME}/", "POST")).status == 200
        # Then the name was looked up, looked at and left aside again
        assert (world.asked, world.dialled) == ([NAME] * 2, [(PUBLIC, 443)] * 2)

    def test_the_name_is_not_looked_up_by_anybody_else(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        looked: list[str] = []
        real = socket.getaddrinfo

        def watch(host: str, *more: object, **named: object) -> object:
            looked.append(host)
            return real(host, *more, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", watch)
        assert world.caller().make(Call(f"https://{NAME}/", "POST")).status == 200
        assert NAME not in looked


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("target", ["https://169.254.169.254/", "http://127.0.0.1/", f"https://{NAME}/else"])
    def test_none_is_followed(self, world: World, status: int, target: str) -> None:
        world.server.behave = lambda request: _answer(request, status, b"", Location=target)
        assert world.caller().make(Call(f"https://{NAME}/in", "POST")).status == status
        assert (world.dialled, world.server.paths) == ([(PUBLIC, 443)], ["/in"])


class TestWhoAnswers:
    def fails(self, caller: SafeCaller, url: str = f"https://{NAME}/") -> None:
        with pytest.raises(TransientError) as caught:
            caller.make(Call(url, "POST"))
        assert caught.value.problem == NO_ANSWER

    def test_a_certificate_of_nobody_known(self, world: World) -> None:
        self.fails(world.caller(trusting=False))
        assert not world.server.paths

    def test_a_certificate_of_another_name(self, world: World) -> None:
        self.fails(world.caller(), "https://other.example/")
        assert not world.server.paths

    def test_a_name_without_address(self, world: World) -> None:
        def nowhere(host: str, port: int, seconds: float) -> Sequence[str]:
            raise OSError

        self.fails(SafeCaller(resolve=nowhere, dial=world.dial))

    def test_the_next_address_where_one_does_not_answer(self, world: World) -> None:
        world.answers = [["8.8.8.8", PUBLIC]]
        world.dead = {"8.8.8.8"}
        assert world.caller().make(Call(f"https://{NAME}/", "POST")).status == 200
        assert world.dialled == [("8.8.8.8", 443), (PUBLIC, 443)]

    def test_one_who_never_ends_shaking_hands(self, world: World) -> None:
        stop, whole = threading.Event(), threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def drip() -> None:
                channel, _ = listening.accept()
                with channel:
                    channel.recv(65_536)
                    for byte in b"\x16\x03\x03\x40\x00\x02" + bytes(200):  # a handshake record of 16 KB, byte by byte
                        if stop.wait(0.05):
                            return
                        try:
                            channel.sendall(bytes([byte]))
                        except OSError:
                            return
                    whole.set()

            threading.Thread(target=drip, daemon=True).start()
            world.server.port = listening.getsockname()[1]
            self.fails(world.caller(call_seconds=0.5))
            assert not whole.is_set(), "it was listened to until the end"
            stop.set()

    def test_a_large_answer(self, world: World) -> None:
        world.server.behave = lambda request: _answer(request, 200, b"x" * (safe_http.MAX_ANSWER + 1))
        with pytest.raises(PermanentProviderError) as caught:
            world.caller().make(Call(f"https://{NAME}/", "POST"))
        assert caught.value.problem == "answer-too-large"


class TestTheSystemsResolver:
    def test_numeric_addresses_come_back_once(self) -> None:
        assert list(safe_http.looked_up("127.0.0.1", 443, 5)) == ["127.0.0.1"]

    def test_one_that_does_not_answer_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait() and [])
        with pytest.raises(OSError, match="no address"):
            safe_http.looked_up(NAME, 443, 0.05)
        done.set()
