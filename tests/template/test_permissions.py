"""Who may do what: each role allows what the code behind it asks for, and nothing else."""

import fnmatch
import re
from collections import defaultdict

import pytest

from tests.template.translated import (
    ACCOUNT,
    REGION,
    STAGE,
    TEXT,
    arn,
    folder,
    functions,
    of_type,
    raw,
    resolve,
    resources,
    roles,
    statements,
)
from tests.template.uses import INDEX, uses

BASIC = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}
"""SAM gives these to every function; they come from AWS and allow logs and traces."""

LOGS_AND_TRACES = {
    *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"),
    *("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
    *("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"),
}
"""What AWS asks of a machine that logs and is traced; none of these knows resources."""

Grants = dict[str, set[str]]
every_function = pytest.mark.parametrize("function", functions())
every_machine = pytest.mark.parametrize("machine", of_type("StepFunctions::StateMachine"))


def secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:porchlight/{STAGE}/{name}"


def ours(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


NOT = "all but "
"""Before a resource of ``NotResource``: phone numbers have no ARN, and so are all that is no ARN of SNS."""


def targets(function: str) -> Grants:
    """On what a function acts, where the code cannot say: for each action all that it may touch."""
    machines = {arn(name) for name in of_type("StepFunctions::StateMachine")}
    calls = uses(folder(function)).ports
    address = "refund-url" if function in REFUNDS else "public-url"
    named = {name for name in uses(folder(function)).secrets if name != "*/*"}
    parcels = {arn("DelayDetection"), arn("ReturnsAuthorization")}
    return {
        "dynamodb:Query" + INDEX: {f"{arn('Table')}/index/by_due_at"},
        "s3:GetObject": {f"{arn('Bodies')}/{prefix}/*" for call, prefix in READ.items() if call in calls},
        "s3:ListBucket": {arn("Bodies")},
        "s3:DeleteObject": {f"{arn('Bodies')}/{prefix}/*" for prefix in ("labels", "photos")},
        "s3:PutObject": {f"{arn('Bodies')}/{prefix}/*" for prefix in WRITTEN.get(function, ("quarantine",))},
        "firehose:PutRecordBatch": {arn("Archive")},
        "secretsmanager:GetSecretValue": {secret(name if name.endswith("/*") else f"{name}-*") for name in named}
        or {
            secret(f"{kind}/*")
            for kind in ("carriers", "stores", *(["refund-news"] if function == "ReceiveWebhook" else []))
        },
        "ses:SendEmail": SENDING,
        "ses:SendRawEmail": SENDING,
        "sms-voice:SendTextMessage": {
            *(ours("sms-voice", f"{one}/*") for one in ("pool", "phone-number", "sender-id")),
            ours("sms-voice", "configuration-set/porchlight-some-stage"),
        },
        "social-messaging:SendWhatsAppMessage": {ours("social-messaging", "phone-number-id/*")},
        "sns:Publish": {NOT + "arn:aws:sns:*:*:*"}
        | ({ours("sns", "endpoint/*")} if "provider" in uses(folder(function)).attributes else set()),
        "sqs:SendMessage": {arn(SENT_TO.get(function, "InboundQueue"))},
        "ssm:GetParameter": {f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/porchlight/{STAGE}/{address}"},
        "states:StartExecution": machines - {arn("ReturnsAuthorization")},
        "states:SendTaskSuccess": parcels,
        "events:PutEvents": {arn("Bus")},
    }


SENT_TO = dict.fromkeys(("SweepDue", "DeliverWebhook", "ManageWebhooks"), "WebhookQueue")
"""Whose queue is not the inbound one."""
SENDERS = {"SendMessage", "ManagePreferences", "ReceiveReply", "AnswerWithdrawal"}
"""Who may write to shoppers: with news, and with answers to a sign-up or a word that they sent."""
MAILERS = SENDERS - {"ManagePreferences"}
"""Who may do so by other channels than SMS: what answers a form of the open internet is none of them."""
REFUNDS = {"RefundReturn", "CarryOutRemedy", "ReconcileRefunds"}
"""The functions that may ask for money to be moved, and the one that asks what became of it."""
READ = {
    ("inbound", "body_of"): "inbound",
    ("mails", "get"): "replies",
    ("date_models", "current"): "dates",
    ("learned", "load"): "dates",
    ("learned", "calibration"): "dates",
    ("documents", "get"): "labels",
    ("documents", "exists"): "photos",
}
"""Where in the bucket a port reads."""
WRITTEN = {
    "LearnDates": ("dates",),
    "ReceiveWebhook": ("inbound",),
    "PollCarriers": ("inbound", "quarantine"),
    "RecordEvents": ("quarantine", "raw"),
    "ReviewReturns": ("labels",),
    "LabelReturn": ("labels",),
    "ShowReturns": ("photos",),
}
"""Where in the bucket a function writes."""
SENDING = {
    f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/*",
    f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/ConfigurationSet",
}


def grants(role: str) -> Grants:
    found: Grants = defaultdict(set)
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found[action] |= set(statement.get("Resource", []))
            found[action] |= {NOT + one for one in statement.get("NotResource", [])}
    return dict(found)


def role_of(function: str) -> str:
    return str(of_type("Lambda::Function")[function]["Role"]["Fn::GetAtt"][0])


def allowed(function: str, action: str, resource: str) -> bool:
    """The decision of IAM, for a function's own policies: nothing is denied in them."""
    return any(
        fnmatch.fnmatchcase(action.lower(), one.lower()) and any(_is_on(resource, on) for on in resources_)
        for one, resources_ in grants(role_of(function)).items()
    )


def _is_on(resource: str, on: str) -> bool:
    if on.startswith(NOT):
        return not fnmatch.fnmatchcase(resource, on.removeprefix(NOT))
    return fnmatch.fnmatchcase(resource, on)


def on_failure(function: str) -> set[str]:
    """Where Lambda sends, in the function's name, what the function could not do."""
    made = [one for one in of_type("Lambda::EventInvokeConfig").values() if one["FunctionName"] == {"Ref": function}]
    made += [
        one
        for one in of_type("Lambda::EventSourceMapping").values()
        if one["FunctionName"] == {"Ref": f"{function}Aliaslive"}
    ]
    return {resolve(one["DestinationConfig"]["OnFailure"]["Destination"]) for one in made if "DestinationConfig" in one}


# ---------------------------------------------------------------------------------------------------------- functions
@every_function
def test_a_function_may_do_what_its_code_asks_for_and_nothing_else(function: str) -> None:
    wanted: Grants = defaultdict(set)
    on = targets(function)
    for action in uses(folder(function)).actions:
        wanted[action.removesuffix(INDEX)] |= on.get(action, {arn("Table")})
    for queue in on_failure(function):
        wanted["sqs:SendMessage"].add(queue)
    assert grants(role_of(function)) == dict(wanted)


@every_function
def test_a_function_has_a_role_of_its_own_that_lambda_alone_takes_on(function: str) -> None:
    shared = [name for name, one in of_type("Lambda::Function").items() if one["Role"] == _role(function)]
    assert shared == [function]
    (trust,) = roles()[role_of(function)]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    managed = {one.rpartition("/")[2] for one in roles()[role_of(function)]["ManagedPolicyArns"]}
    queue = {"AWSLambdaSQSQueueExecutionRole"}
    sources = {"RecordEvents": queue, "DeliverWebhook": queue, "PublishChanges": {"AWSLambdaDynamoDBExecutionRole"}}
    assert managed == BASIC | sources.get(function, set())


def _role(function: str) -> object:
    return of_type("Lambda::Function")[function]["Role"]


def test_what_each_function_must_never_be_able_to_do() -> None:
    """The roles, asked as IAM would ask them."""
    table, index = arn("Table"), f"{arn('Table')}/index/by_due_at"
    mail = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop.example"
    writes = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")

    def may(action: str, resource: str) -> set[str]:
        return {function for function in functions() if allowed(function, action, resource)}

    assert may("ses:SendEmail", mail) == may("ses:SendRawEmail", mail) == MAILERS
    assert may("sms-voice:SendTextMessage", ours("sms-voice", "pool/pool-1")) == SENDERS
    assert may("sns:Publish", "+4915123456789") == SENDERS
    assert may("sns:Publish", ours("sns", "endpoint/GCM/a/1")) == MAILERS
    assert may("social-messaging:SendWhatsAppMessage", ours("social-messaging", "phone-number-id/1")) == MAILERS
    assert not may("sns:Publish", ours("sns", "some-topic")), "a phone number is no topic"
    assert may("secretsmanager:GetSecretValue", secret("channels/smtp-AbCdEf")) == MAILERS
    assert may("secretsmanager:GetSecretValue", secret("refunds/larkspur-AbCdEf")) == REFUNDS
    assert may("secretsmanager:GetSecretValue", secret("labels/larkspur-AbCdEf")) == {"LabelReturn"}
    label, photo = (f"{arn('Bodies')}/{place}/larkspur/1" for place in ("labels", "photos"))
    assert may("s3:GetObject", label) == {"ReviewReturns", "ShowReturns"}
    assert may("s3:PutObject", label) == {"LabelReturn", "ReviewReturns"}
    assert may("s3:DeleteObject", label) == may("s3:DeleteObject", photo) == {"ManageShoppers"}
    webhooks = {"ReceiveWebhook", "PollCarriers"}
    assert may("secretsmanager:GetSecretValue", secret("carriers/easypost-AbCdEf")) == webhooks
    assert may("secretsmanager:GetSecretValue", secret("carriers/ups-AbCdEf")) == webhooks | {"IssueToken"}
    assert may("secretsmanager:GetSecretValue", secret("stores/shopify-AbCdEf")) == webhooks
    assert may("secretsmanager:GetSecretValue", secret("refund-news/stripe-AbCdEf")) == {"ReceiveWebhook"}
    assert may("secretsmanager:GetSecretValue", secret("api-keys-AbCdEf")) == {
        *("PutOrder", "ManageReturns", "ManageCases", "ShowCalibration", "ManageWebhooks", "ExplainMessages"),
        *("ManageShoppers", "ManageGoods", "ReviewReturns"),
    }
    assert may("secretsmanager:GetSecretValue", secret("webhooks/larkspur-AbCdEf")) == {"DeliverWebhook"}
    assert may("secretsmanager:GetSecretValue", secret("channels/ops/larkspur-AbCdEf")) == {"NotifyOps"}
    assert "PlanMessages" not in may("secretsmanager:GetSecretValue", secret("links-AbCdEf"))
    assert not may("secretsmanager:GetSecretValue", secret("links-AbCdEf").replace(STAGE, "other-stage"))
    assert not may("secretsmanager:PutSecretValue", secret("links-AbCdEf"))
    counters = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["BRAND#*#EXPERIMENT#*"]}}
    for statement in (*statements(role_of("ShowTrackingPage")), *statements(role_of("PutOrder"))):
        if any(f"dynamodb:{write}" in statement["Action"] for write in ("UpdateItem", "DeleteItem")):
            assert (statement["Action"], statement.get("Condition")) == (["dynamodb:UpdateItem"], counters)
    assert not any(allowed("ShowTrackingPage", f"dynamodb:{one}", table) for one in writes if one != "UpdateItem")
    assert not any(allowed(door, f"dynamodb:{one}", table) for door in FRONT for one in (*writes, "GetItem", "Query"))
    assert [one for one in writes if allowed("PublishChanges", f"dynamodb:{one}", table)] == ["PutItem"], "its journal"
    assert may("s3:PutObject", f"{arn('Bodies')}/dates/larkspur/state.json.gz") == {"LearnDates"}
    assert may("dynamodb:UpdateItem", table) == {
        *("RecordEvents", "SweepDue", "AssessDelay"),  # codes, lanes
        *SENDERS,  # quotas, what was sent
        "RecordFeedback",  # what bounced
        *("PlanMessages", "ShowTrackingPage", "PutOrder"),  # experiments
        *("ShowReturns", "Withdraw"),  # how often somebody has tried
    }
    assert may("firehose:PutRecordBatch", arn("Archive")) == {"RecordEvents"}
    assert not may("s3:GetObject", f"{arn('Bodies')}/raw/dt=2026-03-06/hour=19/1"), "people replay, functions do not"
    for nobody in ("Scan", "BatchGetItem", "BatchWriteItem", "DeleteTable", "PartiQLSelect"):
        assert not may(f"dynamodb:{nobody}", table), nobody
    assert may("dynamodb:DeleteItem", table) == {
        *("AwaitNews", "ResumeWorkflows", "PollCarriers"),
        "ManageShoppers",  # whose an address was, when a person is forgotten
        "ManageGoods",  # goods without a return that were booked under one
    }
    assert may("dynamodb:Query", index) == {
        *("SweepDue", "PollCarriers", "ManageCases", "ManageReturns", "AnswerWithdrawal", "ReconcileRefunds"),
    }
    assert may("states:StartExecution", arn("ReturnsAuthorization")) == set(), "the bus alone starts returns"
    assert may("sqs:SendMessage", arn("InboundQueue")) == {"ReceiveWebhook", "PollCarriers"}
    assert may("events:PutEvents", arn("Bus")) == {"PublishChanges", "DeliverWebhook"}
    assert not may("s3:GetObject", f"{arn('Bodies')}/quarantine/larkspur/q_1")
    assert not may("s3:DeleteObject", f"{arn('Bodies')}/inbound/larkspur/1")
    assert not may("iam:PassRole", "*") | may("lambda:InvokeFunction", "*") | may("sts:AssumeRole", "*")


FRONT = ("ReceiveWebhook", "IssueToken")
"""They never touch the table: they face the internet."""


# ---------------------------------------------------------------------------------------- machines, rules, everything
@every_machine
def test_a_machine_may_call_what_its_definition_names_and_nothing_else(machine: str) -> None:
    given = raw()["Resources"][machine]["Properties"]["DefinitionSubstitutions"]
    called = {f"{value['Ref'].removesuffix('.Alias')}Aliaslive" for name, value in given.items() if "Function" in name}
    queues = {value["Ref"] for name, value in given.items() if name.endswith("Queue")}
    found = grants(f"{machine}Role")
    general = {action for action, on in found.items() if on == {"*"}}
    assert {action.partition(":")[2] for action in general} == LOGS_AND_TRACES
    rest = {action: on for action, on in found.items() if action not in general}
    sends = {"sqs:SendMessage": {arn(queue) for queue in queues}} if queues else {}
    assert rest == {"lambda:InvokeFunction": {arn(alias) for alias in called}, **sends}


def test_rules_and_schedules_may_call_their_target_and_nothing_else() -> None:
    callers = set(roles()) - {role_of(function) for function in functions()}
    callers -= {f"{machine}Role" for machine in of_type("StepFunctions::StateMachine")} | {"ArchiveRole"}
    schedules = {f"SweepDueShards{number}Role": "SweepDue" for number in ("01", "23", "45", "67")}
    schedules |= {"PollCarriersEachMinuteRole": "PollCarriers", "LearnDatesEachDayRole": "LearnDates"}
    schedules |= {"ReconcileRefundsEachHourRole": "ReconcileRefunds"}
    schedules |= {"AnswerWithdrawalWaitingRole": "AnswerWithdrawal"}
    assert callers == {"TellShoppersRole", "DecideReturnsRole", *schedules}
    # The machine, not its alias: that is what Step Functions asks for, also of those who start an alias.
    assert grants("TellShoppersRole") == {"states:StartExecution": {arn("NotificationFanout")}}
    assert grants("DecideReturnsRole") == {"states:StartExecution": {arn("ReturnsAuthorization")}}
    for role, function in schedules.items():
        assert grants(role) == {
            "lambda:InvokeFunction": {arn(f"{function}Aliaslive")},
            "sqs:SendMessage": {arn("RuleFailures")},
        }


def test_the_archive_may_write_raw_bodies_and_its_own_log_and_nothing_else() -> None:
    bucket = arn("Bodies")
    assert grants("ArchiveRole") == {
        **{f"s3:{one}": {f"{bucket}/raw/*", f"{bucket}/raw-errors/*"} for one in ("PutObject", "AbortMultipartUpload")},
        **{f"s3:{one}": {bucket} for one in ("GetBucketLocation", "ListBucket", "ListBucketMultipartUploads")},
        "logs:PutLogEvents": {
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/porchlight/{STAGE}/archive:log-stream:*",
        },
    }
    (trust,) = roles()["ArchiveRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_every_rule_that_starts_a_machine_starts_its_alias_under_a_role_for_that_machine() -> None:
    machines = {arn(f"{name}Aliaslive"): arn(name) for name in of_type("StepFunctions::StateMachine")}
    started = [target for rule in of_type("Events::Rule").values() for target in rule["Targets"] if "RoleArn" in target]
    assert len(started) == 2
    for target in started:
        role = target["RoleArn"]["Fn::GetAtt"][0]
        assert grants(role) == {"states:StartExecution": {machines[resolve(target["Arn"])]}}
        (trust,) = roles()[role]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "events.amazonaws.com"}
        assert target["InputPath"] == "$.detail"


def test_no_action_is_a_star_and_no_resource_is_one_without_aws_saying_so() -> None:
    for role in roles():
        for action, on in grants(role).items():
            assert re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", action), f"{role}: {action}"
            if "*" in on:
                assert action.partition(":")[2] in LOGS_AND_TRACES, f"{role}: {action}"
    lines = TEXT.splitlines()
    stars = [number for number, line in enumerate(lines) if re.search(r'Resource: *\[?"?\*"?', line)]
    assert len(stars) == len(of_type("StepFunctions::StateMachine"))
    for number in stars:
        begin = max(above for above in range(number) if "- Effect:" in lines[above])
        assert "AWS documents" in lines[begin - 1], f"template.yaml:{number + 1}: why?"


def test_queues_and_functions_let_in_only_who_is_named() -> None:
    let_in = {}
    for policy in of_type("SQS::QueuePolicy").values():
        (statement,) = resolve(policy["PolicyDocument"]["Statement"])
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        let_in[statement["Resource"]] = statement["Condition"]
    assert let_in == {
        arn("RuleFailures"): {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/*"}},
        arn("WebhookQueue"): {"ArnEquals": {"aws:SourceArn": arn("TellEndpoints")}},
    }
    for name, permission in of_type("Lambda::Permission").items():
        callers = ("apigateway.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com")
        assert permission["Principal"] in callers, name
        assert permission["SourceArn"], name
    assert "AWS::Lambda::Url" not in {one["Type"] for one in resources().values()}
