"""Rules, schedules and email."""

import base64
import json
import urllib.request
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.lab import Lab


@pytest.mark.parametrize("kind", ["express", "standard"])
def test_machine_versions__a_rule_starts_the_alias_with_the_newest_definition(lab: Lab, new_id: str, kind: str) -> None:
    lab.put_event(f"For{kind.capitalize()}", {"id": new_id})
    assert lab.message("Seen", by=kind, id=new_id, marker="two")


def test_machine_versions__an_update_publishes_a_version_and_moves_the_alias(lab: Lab) -> None:
    machines, alias = lab.client("stepfunctions"), lab.outputs["StandardAlias"]
    routing = machines.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"]
    assert [entry["weight"] for entry in routing] == [100]
    assert routing[0]["stateMachineVersionArn"].endswith(":2")


def test_machine_versions__an_alias_can_be_started_synchronously(lab: Lab, new_id: str) -> None:
    data = json.dumps({"id": new_id})
    answer = lab.client("stepfunctions").start_sync_execution(stateMachineArn=lab.outputs["ExpressAlias"], input=data)
    assert answer["status"] == "SUCCEEDED"
    assert lab.message("Seen", by="express", id=new_id)


def test_event_targets__an_event_without_its_target_goes_to_the_dead_letter_queue(lab: Lab, new_id: str) -> None:
    lab.put_event("ForNobody", {"id": new_id})
    dead = lab.message("BusDlq", **{"detail-type": "ForNobody"})
    assert dead
    assert dead["body"]["detail"] == {"id": new_id}
    assert dead["attributes"]["TARGET_ARN"]["StringValue"].endswith(":nowhere")


def test_lambda_async__a_rule_calls_the_newest_code(lab: Lab, new_id: str) -> None:
    lab.put_event("ForFunction", {"id": new_id})
    assert lab.message("Seen", by="listener", id=new_id, marker="two")


def test_lambda_async__a_failed_call_ends_on_the_failure_destination(lab: Lab, new_id: str) -> None:
    lab.put_event("ForFunction", {"id": new_id, "fail": True})
    failure = lab.message("EventDlq", timeout=15)
    assert failure
    assert failure["body"]["requestPayload"]["detail"]["id"] == new_id
    assert failure["body"]["responsePayload"]["errorType"] == "RuntimeError"


def test_schedules__fire_within_the_tick_after_their_minute(lab: Lab) -> None:
    lab.travel(2)
    assert lab.message("Seen", by="listener", id="schedule", marker="two")


def send_raw(lab: Lab, recipient: str, **options: Any) -> str:
    """Send a raw message as the product does; its message id."""
    message = EmailMessage()
    message["From"] = "Larkspur <hello@shop.example>"
    message["To"] = recipient
    message["Subject"] = "Grüße: running late"
    message["List-Unsubscribe"] = "<https://shop.example/u/1>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("In words.")
    message.add_alternative("<p>In <b>colour</b>.</p>", subtype="html")
    sent = lab.client("sesv2").send_email(Content={"Raw": {"Data": bytes(message)}}, **options)
    return str(sent["MessageId"])


def shown_message(lab: Lab, message_id: str) -> dict[str, Any]:
    """What the local cloud shows of a sent message."""
    with urllib.request.urlopen(f"{lab.cloud.endpoint}/_ministack/ses/messages") as answer:
        accounts = json.load(answer)["messages"]
    return next(sent for all_sent in accounts.values() for sent in all_sent if sent["MessageId"] == message_id)


def test_email_raw__headers_addresses_and_the_message_itself_are_kept(lab: Lab, new_id: str) -> None:
    shown = shown_message(lab, send_raw(lab, f"{new_id}@people.example"))
    headers = {header["name"]: header["value"] for header in shown["Headers"]}
    assert headers["List-Unsubscribe"] == "<https://shop.example/u/1>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert shown["To"] == [f"{new_id}@people.example"]
    assert shown["Source"] == "Larkspur <hello@shop.example>"
    assert shown["Subject"] == "Grüße: running late"
    assert "colour" in shown["BodyHtml"]
    assert b"List-Unsubscribe" in base64.b64decode(shown["Raw"])


def test_email_raw__an_unverified_sender_or_unknown_configuration_set_is_refused(lab: Lab) -> None:
    content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
    to = {"ToAddresses": ["a@people.example"]}
    with pytest.raises(ClientError, match="MessageRejected"):
        lab.client("sesv2").send_email(FromEmailAddress="a@elsewhere.example", Destination=to, Content=content)
    with pytest.raises(ClientError, match="NotFoundException"):
        send_raw(lab, "a@people.example", ConfigurationSetName="nowhere")


def test_email_permissions__a_function_sends_from_the_identities_of_its_role_only(lab: Lab, new_id: str) -> None:
    message_id, error = lab.invoke("Mailer", {"sender": "hello@shop.example", "to": f"{new_id}@people.example"})
    assert error is None
    assert shown_message(lab, str(message_id))["To"] == [f"{new_id}@people.example"]
    refused, error = lab.invoke("Mailer", {"sender": "hello@elsewhere.example", "to": "a@people.example"})
    assert error == "Unhandled"
    assert "AccessDenied" in refused["errorMessage"]


@pytest.mark.parametrize(
    ("recipient", "event_type", "detail_type"),
    [
        ("a+{}@people.example", "Send", "Email Sent"),
        ("a+{}@people.example", "Delivery", "Email Delivered"),
        ("bounce+{}@simulator.amazonses.com", "Bounce", "Email Bounced"),
        ("complaint+{}@simulator.amazonses.com", "Complaint", "Email Complaint Received"),
    ],
)
def test_email_events__what_becomes_of_a_message_is_told_on_the_default_bus(
    lab: Lab, new_id: str, recipient: str, event_type: str, detail_type: str
) -> None:
    address = recipient.format(new_id)
    tags = [{"Name": "message", "Value": new_id}]
    message_id = send_raw(lab, address, ConfigurationSetName=lab.outputs["Emails"], EmailTags=tags)

    def told() -> dict[str, Any] | None:
        while event := lab.message("EmailEvents", **{"detail-type": detail_type}):
            if event["body"]["detail"]["mail"]["messageId"] == message_id:
                return event["body"]
        return None

    event = told()
    assert event
    assert event["source"] == "aws.ses"
    assert event["resources"][0].endswith(f":configuration-set/{lab.outputs['Emails']}")
    detail = event["detail"]
    assert detail["eventType"] == event_type
    assert detail["mail"]["destination"] == [address]
    assert detail["mail"]["tags"]["message"] == [new_id]
    assert detail["mail"]["tags"]["ses:configuration-set"] == [lab.outputs["Emails"]]
    assert event_type.lower() in detail
