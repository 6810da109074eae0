"""A mail server, pretended: takes what it is given by SMTP and sends it nowhere. Behaves as it is told to.

with MailServer() as server:
    server.answers = {"RCPT": "550 5.1.1 no such user"}
    server.account  # what the secret channels/smtp has to hold
"""

import socketserver
import threading
from base64 import b64decode
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from local.cloud.launcher import HOST

GONE = ""
"""An answer: the connection breaks instead."""


@dataclass(frozen=True)
class Mail:
    """What was taken."""

    sender: str
    recipient: str
    raw: bytes


class MailServer:
    """One thread for each connection. ``answers``: by verb (``MAIL``, ``RCPT``, ``DATA``, ``END`` behind the message,
    ``AUTH``, ``HELLO``), in place of yes; ``lost`` counts messages that came whole and were answered by silence.
    """

    def __init__(self, username: str = "porchlight", password: str = "made-up") -> None:  # noqa: S107 - nobody's
        self.username, self.password = username, password
        self.answers: dict[str, str] = {}
        self.taken: list[Mail] = []
        self.lost = 0
        self.connections = 0
        server = self

        class Connection(_Connection):
            mail_server = server

        self._server = socketserver.ThreadingTCPServer((HOST, 0), Connection)
        self._server.daemon_threads = True

    @property
    def account(self) -> dict[str, str]:
        """As it stands in the secret."""
        port = str(self._server.server_address[1])
        return {"host": HOST, "port": port, "username": self.username, "password": self.password}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Connection(socketserver.StreamRequestHandler):
    mail_server: MailServer

    def handle(self) -> None:
        """One conversation (RFC 5321, as far as smtplib goes)."""
        self.mail_server.connections += 1
        sender = recipient = ""
        known = self._say("HELLO", "220 mail.example")
        while known and (line := self.rfile.readline()):
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("EHLO", "250-mail.example\r\n250 AUTH PLAIN")
                case "AUTH":
                    given = b64decode(rest.partition(" ")[2]).decode()
                    right = given == f"\0{self.mail_server.username}\0{self.mail_server.password}"
                    self._say("AUTH", "235 welcome" if right else "535 5.7.8 wrong")
                case "MAIL":
                    sender = _address(rest)
                    known = self._say("MAIL", "250 ok")
                case "RCPT":
                    recipient = _address(rest)
                    known = self._say("RCPT", "250 ok")
                case "DATA":
                    known = self._say("DATA", "354 go on") and self._message(sender, recipient)
                case _:
                    return

    def _message(self, sender: str, recipient: str) -> bool:
        if "DATA" in self.mail_server.answers:
            return True
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = self.mail_server.answers.get("END")
        if answer is None:
            self.mail_server.taken.append(Mail(sender, recipient, b"".join(lines)))
        self.mail_server.lost += answer == GONE
        return self._say("END", "250 taken")

    def _say(self, verb: str, usual: str) -> bool:
        answer = self.mail_server.answers.get(verb, usual)
        if answer:
            self.wfile.write(f"{answer}\r\n".encode())
        return answer != GONE


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]
