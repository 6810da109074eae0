"""SMS by AWS End User Messaging (``pinpoint-sms-voice-v2``). Its events carry our tags back as ``context``."""

from datetime import datetime

from porchlight.adapters.aws import client
from porchlight.channels.aws import Response, handing_over
from porchlight.channels.kit import Kit, seconds_left
from porchlight.channels.sms.texts import message_type, price, text_of
from porchlight.reaching import Outgoing

LEAST_SECONDS, MOST_SECONDS = 5, 259_200
_ABOUT_THE_NUMBER = frozenset(
    "DESTINATION_PHONE_NUMBER_OPTED_OUT DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE".split()
)


class AwsSms:
    """``reaching.Provider``. ``from_address`` is a phone number, a pool, or a sender id; empty: AWS chooses."""

    def __init__(self, kit: Kit) -> None:
        self._clock, self._set = kit.clock, kit.sms_configuration_set

    def send(self, message: Outgoing) -> str:
        """Hand the text over; returns the id of it."""
        text = text_of(message)
        more = {"OriginationIdentity": message.from_address} if message.from_address else {}
        if self._set:
            more["ConfigurationSetName"] = self._set
        if dollars := price(text):
            more["MaxPrice"] = dollars
        with handing_over(_is_about_the_number):
            answer = client("pinpoint-sms-voice-v2", attempts=1).send_text_message(
                DestinationPhoneNumber=message.to,
                MessageBody=text.text,
                MessageType=message_type(message.purpose).upper(),
                TimeToLive=self._seconds(message.expires_at),
                Context=dict(message.tags),
                **more,
            )
            return str(answer["MessageId"])

    def _seconds(self, expires_at: datetime | None) -> int:
        return seconds_left(expires_at, self._clock(), LEAST_SECONDS, MOST_SECONDS)


def _is_about_the_number(code: str, response: Response) -> bool:
    if code == "ConflictException":
        return response.get("Reason") in _ABOUT_THE_NUMBER
    wrong = {one.get("Name") for one in response.get("Fields") or []}
    return code == "ValidationException" and "DestinationPhoneNumber" in wrong


PROVIDER = AwsSms
