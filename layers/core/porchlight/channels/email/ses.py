"""Email by Amazon SES v2."""

from porchlight.adapters.aws import client
from porchlight.channels.aws import handing_over
from porchlight.channels.email.mime import mime, recipient, sender
from porchlight.channels.kit import Kit
from porchlight.reaching import Outgoing


class Ses:
    """``reaching.Provider``. The configuration set reports what became of each message, by its tags."""

    def __init__(self, kit: Kit) -> None:
        self._configuration_set = kit.configuration_set

    def send(self, message: Outgoing) -> str:
        """Hand the message to SES; returns SES's message id."""
        raw, to = mime(message), recipient(message)
        with handing_over():
            # Asked once: a second try after an answer that was lost could send twice.
            answer = client("sesv2", attempts=1).send_email(
                FromEmailAddress=sender(message),
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": raw}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": name, "Value": value} for name, value in message.tags.items()],
            )
            return str(answer["MessageId"])


PROVIDER = Ses
