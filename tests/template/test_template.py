"""The template as data: sources and failures, queues, logs, machines, names, limits, upgrades."""

import json
import re
import runpy
import tomllib
from typing import Any

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.runtime import settings
from tests.template.translated import (
    ROOT,
    STAGE,
    TEXT,
    arn,
    folder,
    functions,
    of_type,
    raw,
    resolve,
    resources,
    translate,
    whole,
)
from tests.template.uses import settings_of, uses

LIMITS = {"resources": 500, "bytes": 1_000_000, "parameters": 200, "outputs": 200}
"""CloudFormation's, for one stack and a template in S3."""

STATEFUL = {
    "Table": "DynamoDB::Table",
    "Bodies": "S3::Bucket",
    "Bus": "Events::EventBus",
    "InboundQueue": "SQS::Queue",
    "InboundDlq": "SQS::Queue",
    "StreamFailures": "SQS::Queue",
    "WorkflowFailures": "SQS::Queue",
    "RuleFailures": "SQS::Queue",
    "LinksSecret": "SecretsManager::Secret",
    "ConfigurationSet": "SES::ConfigurationSet",
    "NotificationFanout": "StepFunctions::StateMachine",
    "DelayDetection": "StepFunctions::StateMachine",
    "ReturnsAuthorization": "StepFunctions::StateMachine",
    "FunctionLogs": "Logs::LogGroup",
}
"""What an upgrade must not replace: under another logical id it is another resource, and the old one goes."""

NAMED = ("Name", "LogGroupName", "DashboardName", "StateMachineName", "LayerName", "QueueName", "TableName", "RoleName")
NAMED_INSIDE = ("Lambda::Alias", "StepFunctions::StateMachineAlias", "SES::ConfigurationSetEventDestination")
"""Their names are names within their owner."""

LAYERS = ("CoreLayer", "DependenciesLayer", "BrandLayer")
every_function = pytest.mark.parametrize("function", functions())
every_machine = pytest.mark.parametrize("machine", of_type("StepFunctions::StateMachine"))
every_queue = pytest.mark.parametrize("queue", of_type("SQS::Queue"))


def ids_of(kind: str, template: dict[str, Any]) -> set[str]:
    return {name for name, one in template["Resources"].items() if one["Type"] == f"AWS::{kind}"}


# ------------------------------------------------------------------------------------------------------ code and wiring
def test_functions_and_their_folders_are_one_to_one() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {folder(name) for name in functions()} == folders
    for name, properties in functions().items():
        assert properties["CodeUri"] == f"functions/{folder(name)}"


@every_function
def test_a_function_answers_the_routes_that_the_api_sends_it(function: str) -> None:
    code = (ROOT / "functions" / folder(function) / "app.py").read_text()
    answered = set(re.findall(r'"((?:GET|POST|PUT|PATCH|DELETE) /[\w/{}.-]+)"', code))
    events = functions()[function].get("Events", {}).values()
    sent = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    assert {f"{event['Method']} {event['Path']}" for event in sent} == answered


@every_function
def test_a_function_gets_the_environment_that_it_reads_and_no_more(function: str) -> None:
    used = uses(folder(function))
    fields = set().union(*(settings_of(attribute) for attribute in used.attributes))
    if ("workflows", "start") not in used.ports:
        fields -= {"delay_machine", "fanout_machine"}  # answering a task token needs no machine's name
    names = {settings._NAMES[field] for field in fields}
    common = raw()["Globals"]["Function"]["Environment"]["Variables"]
    own = functions()[function].get("Environment", {}).get("Variables", {})
    assert set(own) == names - set(common)


def test_every_setting_is_given_to_some_function_and_nothing_else_is() -> None:
    given = set(raw()["Globals"]["Function"]["Environment"]["Variables"])
    for properties in functions().values():
        given |= set(properties.get("Environment", {}).get("Variables", {}))
    assert {name for name in given if not name.startswith("POWERTOOLS_")} == set(settings._NAMES.values())


def test_samconfig_overrides_parameters_that_exist_with_values_that_are_allowed() -> None:
    places = tomllib.loads((ROOT / "samconfig.toml").read_text())
    seen = []
    for place in ("local", "dev", "staging", "prod"):
        told = {step: places[place][step]["parameters"]["parameter_overrides"] for step in ("build", "deploy")}
        assert told["build"] == told["deploy"], place
        overrides = dict(pair.split("=", 1) for pair in told["deploy"].split())
        for name, value in overrides.items():
            parameter = raw()["Parameters"][name]
            assert value in parameter.get("AllowedValues", [value])
            assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)
        assert overrides["Stage"] == place
        seen.append(overrides.get("Arch"))
    layer_arch = re.search(r"^LAYER_ARCH \?= (\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert layer_arch
    assert seen == [None, *[layer_arch[1]] * 3], "the layer is built for what the functions run on"


def test_outputs_that_local_tools_ask_for_exist() -> None:
    asked = set()
    for path in (ROOT / "local").rglob("*.py"):
        code = path.read_text()
        asked |= set(re.findall(r'\boutputs\["(\w+)"\]', code))
        asked |= set(re.findall(r'\bout(?:puts)?\.get\("(\w+)", ""\)', code))
        if path.parent.name == "demo":
            asked |= set(re.findall(r'"([A-Z]\w+(?:Url|Arn))"', code))
    assert asked
    assert asked <= set(raw()["Outputs"]) | set(raw()["Parameters"])


# --------------------------------------------------------------------------------------------------- sources, failures
def failure_queues() -> set[str]:
    """Where failures end: nothing reads these but people."""
    read = {resolve(one["EventSourceArn"]).rpartition(":")[2] for one in of_type("Lambda::EventSourceMapping").values()}
    return set(of_type("SQS::Queue")) - read


@every_queue
def test_a_queue_is_encrypted_keeps_for_two_weeks_and_gives_up_on_poison(queue: str) -> None:
    properties = of_type("SQS::Queue")[queue]
    assert properties["SqsManagedSseEnabled"] is True
    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    if queue in failure_queues():
        assert "RedrivePolicy" not in properties
    else:
        redrive = resolve(properties["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].rpartition(":")[2] in failure_queues()
        assert redrive["maxReceiveCount"] == 3


@every_queue
def test_a_queue_has_an_alarm(queue: str) -> None:
    metric = "ApproximateNumberOfMessagesVisible" if queue in failure_queues() else "ApproximateAgeOfOldestMessage"
    alarms = [resolve(alarm) for alarm in of_type("CloudWatch::Alarm").values()]
    assert any(
        alarm.get("MetricName") == metric and alarm.get("Dimensions") == [{"Name": "QueueName", "Value": queue}]
        for alarm in alarms
    )


def test_a_queue_waits_for_its_consumer_as_long_as_aws_recommends() -> None:
    for mapping in of_type("Lambda::EventSourceMapping").values():
        queue = resolve(mapping["EventSourceArn"]).rpartition(":")[2]
        if queue in of_type("SQS::Queue"):
            consumer = resolve(mapping["FunctionName"]).rpartition(":")[2].removesuffix("Aliaslive")
            timeout = of_type("Lambda::Function")[consumer]["Timeout"]
            assert of_type("SQS::Queue")[queue]["VisibilityTimeout"] >= 6 * timeout


def test_every_source_of_a_function_or_machine_has_somewhere_for_what_fails() -> None:
    """Queues redrive (above). Streams have a destination; rules and schedules one for what they cannot hand over; and
    the functions that they call asynchronously another one for what they were handed and could not do.
    """
    found = set()
    for name, mapping in of_type("Lambda::EventSourceMapping").items():
        source = resolve(mapping["EventSourceArn"]).rpartition(":")[2]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        if source not in of_type("SQS::Queue"):
            found.add(resolve(mapping["DestinationConfig"]["OnFailure"]["Destination"]))
            assert mapping["BisectBatchOnFunctionError"], name
            assert mapping["MaximumRetryAttempts"] >= 0, "the default is to retry until the record is gone"
    targets = [target for rule in of_type("Events::Rule").values() for target in rule["Targets"]]
    targets += [schedule["Target"] for schedule in of_type("Scheduler::Schedule").values()]
    assert len(targets) == 17
    later = {
        resolve(one["FunctionName"]): one
        for one in of_type("Lambda::EventInvokeConfig").values()
        if one["Qualifier"] and one["MaximumEventAgeInSeconds"] <= 7200
    }
    for target in targets:
        found.add(resolve(target["DeadLetterConfig"]["Arn"]))
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 7200
        called = resolve(target["Arn"]).rpartition(":")[2].removesuffix("Aliaslive")
        if called in of_type("Lambda::Function"):
            found.add(resolve(later[called]["DestinationConfig"]["OnFailure"]["Destination"]))
    assert {one.rpartition(":")[2] for one in found} <= failure_queues()


def test_who_publishes_to_our_topics_may() -> None:
    """AWS's messaging services are strangers to a topic without a policy: no report would ever come."""
    allowed: dict[str, set[str]] = {}
    for policy in of_type("SNS::TopicPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Action"] == "sns:Publish"
            assert any("aws:SourceAccount" in rule for rule in statement["Condition"].values())
            services = statement["Principal"]["Service"]
            topic = resolve(statement["Resource"]).rpartition(":")[2]
            allowed.setdefault(topic, set()).update([services] if isinstance(services, str) else services)
    assert allowed["Receipts"] == {"sms-voice.amazonaws.com", "social-messaging.amazonaws.com"}
    assert allowed["Replies"] == {"sms-voice.amazonaws.com", "ses.amazonaws.com"}


def test_what_topics_hand_to_a_function_is_kept_when_it_fails() -> None:
    later = {resolve(one["FunctionName"]): one for one in of_type("Lambda::EventInvokeConfig").values()}
    called = {
        resolve(one["Endpoint"]).rpartition(":")[2].removesuffix("Aliaslive")
        for one in of_type("SNS::Subscription").values()
        if one["Protocol"] == "lambda"
    }
    assert called == {"RecordFeedback", "ReceiveReply"}
    for function in called:
        destination = resolve(later[function]["DestinationConfig"]["OnFailure"]["Destination"])
        assert destination.rpartition(":")[2] in failure_queues()


def test_the_schedules_of_the_sweep_share_its_shards_and_a_run_ends_within_its_minute() -> None:
    target = arn("SweepDueAliaslive")
    schedules = [one for one in of_type("Scheduler::Schedule").values() if resolve(one["Target"]["Arn"]) == target]
    shares = [json.loads(one["Target"]["Input"])["shards"] for one in schedules]
    assert sorted(shard for share in shares for shard in share) == list(range(keys.SHARDS))
    assert {one["ScheduleExpression"] for one in schedules} == {"rate(1 minute)"}
    code = runpy.run_path(str(ROOT / "functions/sweep_due/app.py"))
    slowest = 8 + 2  # a call that AWS does not answer
    assert code["BUDGET_SECONDS"] + slowest <= of_type("Lambda::Function")["SweepDue"]["Timeout"] < 60
    missing = of_type("CloudWatch::Alarm")["SweepMissing"]
    runs = missing["Period"] // 60
    assert runs * (len(schedules) - 1) < missing["Threshold"] < runs * len(schedules), "one that stands still is seen"


# ------------------------------------------------------------------------------------------------------------- logs
def test_every_log_group_forgets() -> None:
    groups = of_type("Logs::LogGroup")
    assert groups
    for properties in groups.values():
        assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_functions_machines_and_the_api_log_into_groups_of_ours() -> None:
    groups = set(of_type("Logs::LogGroup"))
    for name, function in of_type("Lambda::Function").items():
        assert resolve(function["LoggingConfig"]["LogGroup"]) in groups, name
    for name, machine in of_type("StepFunctions::StateMachine").items():
        for destination in machine["LoggingConfiguration"]["Destinations"]:
            group = resolve(destination["CloudWatchLogsLogGroup"]["LogGroupArn"])
            assert group.rpartition(":")[2] in groups, name
    for name, stage in of_type("ApiGatewayV2::Stage").items():
        log = stage["AccessLogSettings"]
        assert resolve(log["DestinationArn"]).rpartition(":")[2] in groups, name
        assert not re.search(r"\$context\.(path|identity|protocol)", log["Format"]), "paths carry tokens"


# --------------------------------------------------------------------------------------------------------- functions
def test_snapstart_is_for_published_versions_alone() -> None:
    used = [one["SnapStart"] for one in of_type("Lambda::Function").values() if "SnapStart" in one]
    assert used
    assert all(one == {"ApplyOn": "PublishedVersions"} for one in used)


@every_function
def test_a_function_is_published_called_through_its_alias_and_traced(function: str) -> None:
    made = of_type("Lambda::Function")[function]
    assert made["TracingConfig"] == {"Mode": "Active"}
    assert made["Runtime"] == "python3.13"
    assert [layer["Ref"][:-10] for layer in made["Layers"]] == list(LAYERS)
    assert f"{function}Aliaslive" in resources()
    for name, one in resources().items():
        if one["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
            assert one["Properties"]["FunctionName"] != {"Ref": function}, f"{name} goes past the alias"


# ---------------------------------------------------------------------------------------------------------- machines
@every_machine
def test_a_machine_is_traced_logs_errors_without_data_and_has_an_alias(machine: str) -> None:
    properties = of_type("StepFunctions::StateMachine")[machine]
    assert properties["TracingConfiguration"] == {"Enabled": True}
    logging = properties["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    assert f"{machine}Aliaslive" in of_type("StepFunctions::StateMachineAlias")
    assert properties["StateMachineType"] == ("EXPRESS" if machine == "NotificationFanout" else "STANDARD")


@every_machine
def test_a_machines_substitutions_are_those_of_its_definition(machine: str) -> None:
    definition = ROOT / raw()["Resources"][machine]["Properties"]["DefinitionUri"]
    assert definition.name == f"{folder(machine)}.asl.json"
    wanted = set(re.findall(r"\$\{(\w+)\}", definition.read_text()))
    given = raw()["Resources"][machine]["Properties"]["DefinitionSubstitutions"]
    assert set(given) == wanted
    for name in wanted:
        if name.endswith("Function"):
            assert given[name] == {"Ref": f"{name.removesuffix('Function')}.Alias"}, "never past the alias"


def test_every_definition_is_a_machine() -> None:
    definitions = {path.name.partition(".")[0] for path in (ROOT / "statemachines").iterdir()}
    assert {folder(machine) for machine in of_type("StepFunctions::StateMachine")} == definitions


# ------------------------------------------------------------------------------------------------- form, names, limits
def test_the_template_keeps_its_order() -> None:
    headings = re.findall(r"^ *# -{20,} (.+)$", TEXT, re.MULTILINE)
    wanted = "parameters globals API queues table functions machines dashboard alarms outputs".split()
    assert [heading.partition(",")[0] for heading in headings] == wanted


def test_stages_share_an_account_without_sharing_names() -> None:
    for name, one in resources().items():
        if one["Type"].removeprefix("AWS::") in NAMED_INSIDE:
            continue
        for key in NAMED:
            value = one.get("Properties", {}).get(key)
            if value is not None:
                assert STAGE in resolve(value), f"{name}.{key} is the same in every stage"


def test_the_template_is_far_from_the_limits(capsys: pytest.CaptureFixture[str]) -> None:
    size = {
        "resources": len(resources()),
        "bytes": len(json.dumps(whole())),
        "parameters": len(whole()["Parameters"]),
        "outputs": len(whole()["Outputs"]),
    }
    with capsys.disabled():
        print("\ntemplate: " + ", ".join(f"{size[name]:,} of {limit:,} {name}" for name, limit in LIMITS.items()))
    assert all(size[name] < limit * 0.88 for name, limit in LIMITS.items()), "time to think of a second stack"


def test_personal_data_does_not_leave_the_bucket_in_the_clear() -> None:
    assert set(of_type("S3::Bucket")["Bodies"]["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = of_type("S3::BucketPolicy").values()
    only_tls, received = policy["PolicyDocument"]["Statement"]
    assert (only_tls["Effect"], only_tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (received["Effect"], received["Principal"]) == ("Allow", {"Service": "ses.amazonaws.com"})
    assert (received["Action"], list(received["Condition"])) == ("s3:PutObject", ["StringEquals"])
    rules = of_type("S3::Bucket")["Bodies"]["LifecycleConfiguration"]["Rules"]
    kept = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if rule["Status"] == "Enabled"}
    raw = {"raw/": {"Ref": "RawRetentionDays"}, "raw-errors/": 30}
    assert kept == {"inbound/": 15, "quarantine/": 30, "replies/": 30, "labels/": 90, "photos/": 180, **raw}
    archive = of_type("KinesisFirehose::DeliveryStream")["Archive"]["ExtendedS3DestinationConfiguration"]
    for place in (archive["Prefix"], archive["ErrorOutputPrefix"]):
        assert place.startswith(("raw/", "raw-errors/")), "nothing lies where nothing deletes it"
    assert archive["CompressionFormat"] == "UNCOMPRESSED", "records are gzip members already"


# ----------------------------------------------------------------------------------------------------------- upgrades
@pytest.mark.parametrize("layer", LAYERS)
def test_a_new_layer_alone_publishes_every_function(layer: str) -> None:
    before, after = (ids_of("Lambda::Version", one) for one in (whole(), translate({layer: "/changed"})))
    assert len(before) == len(after) == len(functions())
    assert not before & after


def test_what_has_not_changed_is_not_published_again() -> None:
    assert ids_of("Lambda::Version", translate()) == ids_of("Lambda::Version", whole())
    after = ids_of("Lambda::Version", translate({"PutOrder": "/changed"}))
    assert len(ids_of("Lambda::Version", whole()) - after) == 1


@every_machine
def test_a_new_definition_publishes_its_machine(machine: str) -> None:
    """CloudFormation makes a version of each revision; executions that run keep theirs."""
    (alias,) = (one for name, one in of_type("StepFunctions::StateMachineAlias").items() if name.startswith(machine))
    version = resources()[alias["DeploymentPreference"]["StateMachineVersionArn"]["Ref"]]
    assert version["Properties"]["StateMachineRevisionId"] == {"Fn::GetAtt": [machine, "StateMachineRevisionId"]}
    assert version["DeletionPolicy"] == "Retain"


def test_the_data_outlives_the_stack_and_old_versions_outlive_their_successors() -> None:
    table = resources()["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    for kind in ("Lambda::LayerVersion", "Lambda::Version"):
        for name in ids_of(kind, whole()):
            assert resources()[name]["DeletionPolicy"] == "Retain", f"{name}: a roll back needs it"


def test_an_upgrade_replaces_nothing_that_holds_something() -> None:
    assert {name: resources()[name]["Type"].removeprefix("AWS::") for name in STATEFUL} == STATEFUL


def test_an_upgrade_leaves_keys_and_links_as_they_are() -> None:
    """Other keys are another table; another GenerateSecretString makes a new key: every link in every inbox dies."""
    table = resources()["Table"]["Properties"]
    assert "TableName" not in table
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]) == ("by_due_at", {"ProjectionType": "KEYS_ONLY"})
    assert resources()["LinksSecret"]["Properties"]["GenerateSecretString"] == {
        "SecretStringTemplate": '{"previous": []}',
        "GenerateStringKey": "key",
        "PasswordLength": 48,
        "ExcludePunctuation": True,
    }
