"""SMS by Amazon SNS: the second way, without tags and therefore without reports about single messages."""

import re

from porchlight.adapters.aws import client
from porchlight.channels.aws import Response, handing_over
from porchlight.channels.kit import Kit
from porchlight.channels.sms.texts import message_type, price, text_of
from porchlight.reaching import Outgoing

_NUMBER = re.compile(r"\+?[0-9]{5,15}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")
"""A sender id. Pools and ARNs of AWS End User Messaging mean nothing to SNS, which then chooses."""


class SnsSms:
    """``reaching.Provider``."""

    def __init__(self, _: Kit) -> None:
        pass

    def send(self, message: Outgoing) -> str:
        """Hand the text over; returns the id of it."""
        text = text_of(message)
        given = {"AWS.SNS.SMS.SMSType": message_type(message.purpose), "AWS.SNS.SMS.MaxPrice": price(text)}
        if _NUMBER.fullmatch(message.from_address):
            given["AWS.MM.SMS.OriginationNumber"] = message.from_address
        elif _NAME.fullmatch(message.from_address):
            given["AWS.SNS.SMS.SenderID"] = message.from_address
        with handing_over(_is_about_the_number):
            answer = client("sns", attempts=1).publish(
                PhoneNumber=message.to,
                Message=text.text,
                MessageAttributes={
                    name: {"DataType": "Number" if name.endswith("MaxPrice") else "String", "StringValue": value}
                    for name, value in given.items()
                    if value
                },
            )
            return str(answer["MessageId"])


def _is_about_the_number(code: str, _: Response) -> bool:
    return code in ("OptedOut", "OptedOutException")


PROVIDER = SnsSms
