"""docs/data-model.md names each access pattern's repository method, and the table and keys as they are."""

import inspect
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from porchlight import announcing, asking, deciding, ports, predicting, reaching, returning
from porchlight.adapters.dynamodb import (
    addresses,
    cases,
    codes,
    decisions,
    due,
    engagement,
    errands,
    exchanges,
    experiments,
    health,
    histories,
    journal,
    keys,
    ledgers,
    messages,
    orders,
    profiles,
    quarantine,
    quotas,
    ratings,
    replies,
    returns,
    shipments,
    statements,
    surges,
    touches,
    tries,
    unmatched,
    watches,
    webhooks,
)
from tests.adapters.conftest import table_definition

DOC = (Path(__file__).parents[2] / "docs/data-model.md").read_text()
REPOSITORIES = {
    "Shipments": shipments.DynamoShipments,
    "Orders": orders.DynamoOrders,
    "Ratings": ratings.DynamoRatings,
    "Messages": messages.DynamoMessages,
    "Returns": returns.DynamoReturns,
    "Ledgers": ledgers.DynamoLedgers,
    "Decisions": decisions.DynamoDecisions,
    "Cases": cases.DynamoCases,
    "DueIndex": due.DynamoDueIndex,
    "Quarantine": quarantine.DynamoQuarantine,
    "Codes": codes.DynamoCodes,
    "Watches": watches.DynamoWatches,
    "Errands": errands.DynamoErrands,
    "Exchanges": exchanges.DynamoExchanges,
    "Journal": journal.DynamoJournal,
    "Surges": surges.DynamoSurges,
    "WebhookDeliveries": webhooks.DynamoWebhookDeliveries,
    "OpsLog": webhooks.DynamoOpsLog,
    "Profiles": profiles.DynamoProfiles,
    "Replies": replies.DynamoReplies,
    "Addresses": addresses.DynamoAddresses,
    "Touches": touches.DynamoTouches,
    "Tries": tries.DynamoTries,
    "Bundles": touches.DynamoBundles,
    "Engagement": engagement.DynamoEngagement,
    "Experiments": experiments.DynamoExperiments,
    "Breakers": health.DynamoBreakers,
    "Quotas": quotas.DynamoQuotas,
    "Reputations": health.DynamoReputations,
    "Histories": histories.DynamoHistories,
    "UnmatchedGoods": unmatched.DynamoUnmatchedGoods,
    "Statements": statements.DynamoStatements,
}


def section(title: str) -> str:
    return DOC.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def patterns() -> list[tuple[str, str]]:
    return re.findall(r"^\| [^|]+ \| `(\w+)\.(\w+)` \|", section("Access patterns"), re.MULTILINE)


def test_the_document_opens_with_the_access_patterns() -> None:
    assert re.findall(r"^## (.+)$", DOC, re.MULTILINE)[0] == "Access patterns"


def test_each_pattern_is_a_method_and_each_method_a_pattern() -> None:
    methods = {
        (port, name)
        for port, repository in REPOSITORIES.items()
        for name, _ in inspect.getmembers(repository, inspect.isfunction)
        if not name.startswith("_")
    }
    assert set(patterns()) == methods
    assert len(patterns()) == len(methods)
    rows = [line for line in section("Access patterns").splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(methods)


def _port(name: str) -> Any:
    modules = (ports, asking, predicting, deciding, announcing, reaching, returning)
    found = (getattr(module, name, None) for module in modules)
    return next(port for port in found if port)


@pytest.mark.parametrize(("port", "method"), patterns(), ids=".".join)
def test_the_port_has_it_too(port: str, method: str) -> None:
    assert callable(getattr(_port(port), method))
    wanted = inspect.signature(getattr(_port(port), method)).parameters
    assert list(inspect.signature(getattr(REPOSITORIES[port], method)).parameters) == list(wanted)


def test_the_keys_are_those_of_the_code() -> None:
    listed = section("Keys")
    of_orders = (keys.PARCEL, keys.UNTRACKED, keys.REFUND, keys.MESSAGE, keys.ORDER_RETURN)
    for prefix in (
        keys.EVENT,
        keys.WAIT,
        *of_orders,
        keys.QUARANTINE,
        keys.CODE,
        keys.MEANING,
        keys.EXCHANGE,
        keys.ERRAND,
        keys.LATE,
        keys.SURGE,
        keys.DECISION,
        keys.DELIVERY,
        keys.OPS_TOLD,
        keys.BREAKER,
        keys.SENT,
        keys.BUNDLE,
        keys.SENDER,
        keys.ARM,
    ):
        assert f"`{prefix}{{" in listed
    for whole in (keys.SHIPMENT, keys.ORDER, keys.RETURN, keys.CONTACT, keys.WATCH, keys.CASE, keys.HEALTH, keys.QUOTA):
        assert f"| `{whole}` |" in listed
    page = keys.journal_pk("{brand}", date(2026, 3, 2), keys.JOURNAL_SHARDS - 1)
    assert f"`{page.replace('2026-03-02#3', '{day}#{0…3}')}`" in listed
    shares = keys.engagement_pk("{brand}", keys.ENGAGEMENT_SHARDS - 1)
    assert f"`{shares.replace('#7', '#{0…7}')}`" in listed
    assert f"| `{keys.TOUCHES}` |" in listed
    for pk in (keys.case_pk, keys.shipment_pk, keys.order_pk, keys.return_pk, keys.shopper_pk):
        assert f"`{pk('{brand}', '')}{{" in listed


def test_the_index_is_the_templates() -> None:
    (index,) = table_definition()["GlobalSecondaryIndexes"]
    assert index["IndexName"] == keys.DUE_INDEX
    assert f"`{keys.DUE_INDEX}`" in section("The due index")
    assert f"mod {keys.SHARDS}" in section("The due index")
    assert f"`{keys.watch_shard('{brand}', '{source}')}`" in section("The due index")
    assert f"`{keys.errand_shard('{brand}')}`" in section("The due index")
    assert f"`{keys.cases_shard('{brand}')}`" in section("The due index")
