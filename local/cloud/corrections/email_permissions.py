"""A function may send in the name of the identities that its role names.

Stock: SendEmail of SES v2 is authorized on no resource (`*`): every role that names identities is refused.
AWS: on the identity that the message is from (the address where that is verified, else its domain) and on the
configuration set.
Why: our role names both, and is enforced (`auth=True`).

Only the identity is looked at; the configuration set is not.
"""

import base64
import email
import json
from email.policy import default as modern
from email.utils import parseaddr
from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Name the sending identity where the stock look-up finds nothing."""
    actions, ses_v2 = module("core.iam_actions"), module("services.ses_v2")
    stock = actions.extract_resource_arn

    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> Any:
        found = stock(service, method, path, headers, body, query, region, account)
        if service != "ses" or found != "*" or method != "POST" or not path.rstrip("/").endswith("/outbound-emails"):
            return found
        address = _sender(body)
        domain = address.rpartition("@")[2]
        name = address if address in ses_v2._identities else domain
        return f"arn:aws:ses:{region}:{account}:identity/{name}" if name else found

    actions.extract_resource_arn = extract


def _sender(body: bytes) -> str:
    """The address that a message is from; "" where it has none."""
    try:
        request = json.loads(body)
        sender = request.get("FromEmailAddress")
        if not sender:
            raw = base64.b64decode(request["Content"]["Raw"]["Data"])
            sender = str(email.message_from_bytes(raw, policy=modern)["From"] or "")
    except (ValueError, KeyError, TypeError):
        return ""
    return parseaddr(str(sender))[1]
