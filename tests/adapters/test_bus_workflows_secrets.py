"""The bus, the state machines, the secrets: fakes and adapters alike, and what only the adapters can go through."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from porchlight import ports
from porchlight.adapters import aws
from porchlight.adapters.aws import client, translate, translated
from porchlight.adapters.eventbridge import EventBridgeBus
from porchlight.adapters.secrets import CACHE_SECONDS, SecretsManager
from porchlight.adapters.stepfunctions import StepFunctions
from porchlight.connectors import Account
from porchlight.domain.changes import DomainEvent
from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)
from tests.fakes import FakeBus, FakeSecrets, FakeWorkflows

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT = {"account": "main", "brand": "larkspur", "credentials": {"webhook_secret": "s3cret"}}


def event(number: int) -> DomainEvent:
    return DomainEvent(
        **{"id": f"chg_{number}", "type": "ShipmentDelivered", "brand": "larkspur", "subject_id": "shp_1"},
        occurred_at=NOW,
        recorded_at=NOW,
    )


class TestBus:
    @pytest.fixture(params=["fake", "real"])
    def bus(self, request: pytest.FixtureRequest) -> ports.Bus:
        if request.param == "fake":
            return FakeBus()
        request.getfixturevalue("cloud")
        if not _has_bus():
            boto3.client("events").create_event_bus(Name="porchlight-bus")
        return EventBridgeBus("porchlight-bus")

    @pytest.mark.parametrize("count", [0, 1, 25])
    def test_all_are_published(self, bus: ports.Bus, count: int) -> None:
        assert bus.publish([event(number) for number in range(count)]) == []

    def test_the_fake_gives_back_what_it_refuses(self) -> None:
        bus = FakeBus()
        bus.refuse = {"chg_11"}
        assert bus.publish([event(number) for number in range(12)]) == [11]

    def test_so_does_the_bus_by_the_place_in_the_whole_list(self, cloud: str) -> None:
        entries = [{"EventId": "1"}] * 10, [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]
        with Stubber(client("events")) as stub:
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": entries[0]})
            stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": entries[1]})
            assert EventBridgeBus("b").publish([event(number) for number in range(12)]) == [11]

    def test_details_hold_the_event_without_what_is_empty(self, cloud: str) -> None:
        with Stubber(client("events")) as stub:
            entry = {
                **{"EventBusName": "b", "Source": "porchlight", "DetailType": "ShipmentDelivered"},
                "Detail": event(1).model_dump_json(exclude_none=True),
            }
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{}]}, {"Entries": [entry]})
            EventBridgeBus("b").publish([event(1)])
        assert "return_id" not in entry["Detail"]
        assert DomainEvent.model_validate_json(entry["Detail"]) == event(1)


def _has_bus() -> bool:
    return any(bus["Name"] == "porchlight-bus" for bus in boto3.client("events").list_event_buses()["EventBuses"])


class TestWorkflows:
    @pytest.fixture(params=["fake", "real"])
    def workflows(self, request: pytest.FixtureRequest) -> ports.Workflows:
        if request.param == "fake":
            return FakeWorkflows()
        request.getfixturevalue("cloud")
        definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
        machine = boto3.client("stepfunctions").create_state_machine(
            name="delay", definition=definition, roleArn="arn:aws:iam::123456789012:role/any"
        )
        return StepFunctions({"delay_detection": machine["stateMachineArn"]})

    def test_a_name_starts_once(self, workflows: ports.Workflows) -> None:
        assert workflows.start("delay_detection", "dly_1", {"shipment_id": "shp_1"})
        assert not workflows.start("delay_detection", "dly_1", {"shipment_id": "shp_2"})
        assert workflows.start("delay_detection", "dly_2", {"shipment_id": "shp_1"})

    def test_an_answer(self, workflows: ports.Workflows) -> None:
        assert workflows.succeed("token", {"purpose": "delay"})

    def test_the_fake_takes_an_answer_once(self) -> None:
        workflows = FakeWorkflows()
        workflows.gone = {"old"}
        assert [workflows.succeed(token, {}) for token in ("new", "new", "old")] == [True, False, False]

    @pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    def test_a_token_that_nobody_waits_on_is_no_error(self, cloud: str, code: str) -> None:
        with Stubber(client("stepfunctions")) as stub:
            stub.add_client_error("send_task_success", code, http_status_code=400)
            assert not StepFunctions({}).succeed("token", {})

    def test_throttling_is(self, cloud: str) -> None:
        with Stubber(client("stepfunctions")) as stub:
            stub.add_client_error("start_execution", "ThrottlingException", http_status_code=400)
            with pytest.raises(TransientError):
                StepFunctions({"m": "arn:aws:states:eu-central-1:1:stateMachine:m"}).start("m", "n", {})


class TestSecrets:
    @pytest.fixture(params=["fake", "real"])
    def secrets(self, request: pytest.FixtureRequest) -> ports.Secrets:
        if request.param == "fake":
            return FakeSecrets(links={"key": "k"})
        return self.stored(request.getfixturevalue("cloud"), links=json.dumps({"key": "k"}))

    @staticmethod
    def stored(cloud: str, clock: Any = lambda: 0.0, **secrets: str) -> SecretsManager:
        del cloud
        manager = boto3.client("secretsmanager")
        known = {found["Name"] for found in manager.list_secrets()["SecretList"]}
        for name, text in secrets.items():
            full = f"porchlight/test/{name.replace('__', '/')}"
            if full in known:
                manager.put_secret_value(SecretId=full, SecretString=text)
            else:
                manager.create_secret(Name=full, SecretString=text)
        return SecretsManager("test", clock)

    def test_a_secret_is_an_object(self, secrets: ports.Secrets) -> None:
        assert secrets.get("links") == {"key": "k"}

    def test_a_missing_one_is_not_found(self, secrets: ports.Secrets) -> None:
        with pytest.raises(NotFoundError):
            secrets.get("nothing")

    @pytest.mark.parametrize("text", ["not json", "[]", '"text"', ""])
    def test_what_is_no_object_is_our_fault(self, cloud: str, text: str) -> None:
        with pytest.raises(TransientError) as caught:
            self.stored(cloud, broken=text or " ").get("broken")
        assert "not json" not in str(caught.value)

    def test_it_is_asked_for_once_in_five_minutes_also_when_it_is_missing(self, cloud: str) -> None:
        now = [0.0]
        secrets = self.stored(cloud, lambda: now[0])
        with pytest.raises(NotFoundError):
            secrets.get("fresh")
        self.stored(cloud, fresh='{"a": 1}')
        now[0] = CACHE_SECONDS - 1.0
        with pytest.raises(NotFoundError):
            secrets.get("fresh")
        now[0] = CACHE_SECONDS + 1.0
        assert secrets.get("fresh") == {"a": 1}

    def test_accounts_of_a_source(self, cloud: str) -> None:
        secrets = self.stored(cloud, carriers__easypost=json.dumps({"accounts": [ACCOUNT]}))
        assert secrets.of("carriers", "easypost") == (Account(**ACCOUNT),)
        assert secrets.of("carriers", "ups") == ()

    @pytest.mark.parametrize(
        "content", [{"accounts": [{**ACCOUNT, "brand": "No Brand"}]}, {"webhook_secret": "s3cret"}]
    )
    def test_accounts_in_another_form_are_our_fault_and_not_shown(self, cloud: str, content: dict[str, Any]) -> None:
        with pytest.raises(TransientError) as caught:
            self.stored(cloud, carriers__usps=json.dumps(content)).of("carriers", "usps")
        assert "s3cret" not in str(caught.value)

    def test_credentials_are_not_in_the_text_of_an_account(self) -> None:
        assert "s3cret" not in repr(Account(**ACCOUNT))


class TestErrors:
    @pytest.fixture(autouse=True)
    def _region(self, cloud: str) -> None:
        """Clients are made on moto."""

    @staticmethod
    def error(code: str, status: int = 400, **more: Any) -> ClientError:
        answer: Any = {"Error": {"Code": code, "Message": "ada@x.example"}, **more}
        answer["ResponseMetadata"] = {"HTTPStatusCode": status}
        return ClientError(answer, "Any")

    @pytest.mark.parametrize(
        ("code", "status", "kind"),
        [
            ("ConditionalCheckFailedException", 400, ConflictError),
            ("TransactionConflictException", 400, ConflictError),
            ("ExecutionAlreadyExists", 400, ConflictError),
            ("ResourceNotFoundException", 400, NotFoundError),
            ("NoSuchKey", 404, NotFoundError),
            ("ThrottlingException", 400, TransientError),
            ("ProvisionedThroughputExceededException", 400, TransientError),
            ("SomethingNew", 500, TransientError),
            ("SomethingNew", 429, TransientError),
            ("ValidationException", 400, InvalidInputError),
            ("MessageRejected", 400, PermanentProviderError),
            ("AccessDeniedException", 400, PermanentProviderError),
        ],
    )
    def test_the_table_of_errors(self, code: str, status: int, kind: type[PorchlightError]) -> None:
        found = translate(self.error(code, status))
        assert type(found) is kind
        assert "ada@" not in str(found)

    @pytest.mark.parametrize(
        ("reasons", "kind"),
        [
            (["None", "ConditionalCheckFailed"], ConflictError),
            (["TransactionConflict"], ConflictError),
            (["None", "ThrottlingError"], TransientError),
            (["ProvisionedThroughputExceeded", "ConditionalCheckFailed"], TransientError),
            (["ValidationError", "None"], InvalidInputError),
        ],
    )
    def test_a_cancelled_transaction_is_what_cancelled_it(
        self, reasons: list[str], kind: type[PorchlightError]
    ) -> None:
        cancelled = self.error("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in reasons])
        assert type(translate(cancelled)) is kind

    @pytest.mark.parametrize("kind", [ReadTimeoutError, ConnectTimeoutError])
    def test_no_answer_is_tried_again(self, kind: Any) -> None:
        with pytest.raises(TransientError, match=kind.__name__), translated():
            raise kind(endpoint_url="https://x.example")

    def test_ours_pass(self) -> None:
        with pytest.raises(ConflictError), translated():
            raise ConflictError

    def test_clients_are_kept_and_short_of_patience(self) -> None:
        found = client("sqs")
        assert client("sqs") is found
        assert found.meta.config.read_timeout <= 10
        assert found.meta.config.retries["mode"] == "standard"


def test_threads_share_one_client(cloud: str) -> None:
    aws.forget()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: aws.client("stepfunctions"), range(8)))
    assert len(made) == 1
