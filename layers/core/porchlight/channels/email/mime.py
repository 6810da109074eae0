"""An email as bytes: a raw MIME message gives full control over parts and headers."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formataddr
from typing import Any

from porchlight.errors import AddressRefusedError, PermanentProviderError
from porchlight.reaching import EmailContent, Outgoing


class _Wire(EmailPolicy):
    """RFC 5322 in ASCII. Links in ``List-…`` headers stay whole: folded they would be encoded, which nobody reads."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as bytes."""
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep=SMTP.linesep, cte_type="7bit")


def sender(message: Outgoing) -> str:
    """``Larkspur <orders@larkspur.example>``, in ASCII."""
    return formataddr((message.from_name, message.from_address))


def recipient(message: Outgoing) -> str:
    """The address as servers know it. AddressRefusedError where it is none."""
    try:
        address = _ascii(message.to)
        Address(addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:
        raise AddressRefusedError("invalid-address") from error
    return address


def mime(message: Outgoing, more: dict[str, str] | None = None) -> bytes:
    """The message as bytes: text part, HTML part, our headers and ``more``. AddressRefusedError for an address that is
    none.
    """
    content = message.content
    if not isinstance(content, EmailContent):
        raise PermanentProviderError("not an email", code="wrong-content")
    made, to = EmailMessage(policy=_WIRE), recipient(message)
    try:
        made["From"] = Address(message.from_name, addr_spec=message.from_address)
        made["To"] = Address(addr_spec=to)
        made["Reply-To"] = Address(addr_spec=message.reply_to)
        made["Subject"] = " ".join(content.subject.split())
        for name, value in (content.headers | (more or {})).items():
            made[name] = value
    except (MessageError, ValueError, IndexError) as error:
        raise PermanentProviderError("invalid-header") from error
    made.set_content(content.text)
    made.add_alternative(content.html, subtype="html")
    if content.attached:  # as a file: some servers change the parts of a message within a message
        made.add_attachment(content.attached, maintype="application", subtype="octet-stream", filename="original.eml")
    return made.as_bytes()


def _ascii(address: str) -> str:
    """The address with its domain as DNS knows it. Raises ValueError where there is no such form."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.encode('idna').decode()}"
