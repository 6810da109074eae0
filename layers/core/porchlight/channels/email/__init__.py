"""Email by Amazon SES v2, as a raw MIME message: full control over parts and headers."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formataddr
from typing import Any

from porchlight.adapters.aws import client, translated
from porchlight.errors import NO_ANSWER, PermanentProviderError, PorchlightError, TransientError
from porchlight.ports import Email

"""``problem`` of the TransientError that says: SES may have taken the message, or not."""
_NO_ANSWER = frozenset(
    {
        *("ReadTimeoutError", "ConnectionClosedError", "ConnectionError", "HTTPClientError", "ResponseStreamingError"),
        *("InternalFailure", "InternalServerError", "InternalServiceErrorException"),
    }
)


class _Wire(EmailPolicy):
    """RFC 5322 in ASCII. Links in ``List-…`` headers stay whole: folded they would be encoded, which nobody reads."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as bytes."""
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep=SMTP.linesep, cte_type="7bit")


class SesEmail:
    """``ports.EmailChannel``. The configuration set reports what became of each message, by its tags."""

    def __init__(self, configuration_set: str) -> None:
        self._configuration_set = configuration_set

    def send(self, email: Email) -> str:
        """Hand the message to SES; returns SES's message id."""
        raw = mime(email)
        try:
            with translated():
                # Asked once: a second try after an answer that was lost could send twice.
                answer = client("sesv2", attempts=1).send_email(
                    FromEmailAddress=formataddr((email.from_name, email.from_address)),
                    Destination={"ToAddresses": [_ascii(email.to_address)]},
                    Content={"Raw": {"Data": raw}},
                    ConfigurationSetName=self._configuration_set,
                    EmailTags=[{"Name": name, "Value": value} for name, value in email.tags.items()],
                )
        except TransientError as error:
            if error.detail in _NO_ANSWER:
                raise TransientError(error.detail, code=NO_ANSWER) from error
            raise
        except PorchlightError as error:  # whatever else SES objects to, asking again does not help
            raise PermanentProviderError(error.detail) from error
        return str(answer["MessageId"])


def mime(email: Email) -> bytes:
    """The message as bytes: text part, HTML part, our headers. PermanentProviderError for an address that is none."""
    message = EmailMessage(policy=_WIRE)
    try:
        message["From"] = Address(email.from_name, addr_spec=email.from_address)
        message["To"] = Address(addr_spec=_ascii(email.to_address))
        message["Reply-To"] = Address(addr_spec=email.reply_to)
        message["Subject"] = " ".join(email.subject.split())
        for name, value in email.headers.items():
            message[name] = value
    except (MessageError, ValueError, IndexError) as error:
        raise PermanentProviderError("invalid-address") from error
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message.as_bytes()


def _ascii(address: str) -> str:
    """The address with its domain as DNS knows it. Raises ValueError where there is no such form."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.encode('idna').decode()}"
