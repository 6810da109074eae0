"""The environment of a function, read once. docs/deploying.md lists these; a test compares."""

import os
from dataclasses import dataclass
from functools import lru_cache

_NAMES = {
    "stage": "STAGE",
    "table_name": "TABLE_NAME",
    "inbound_queue_url": "INBOUND_QUEUE_URL",
    "bodies_bucket": "BODIES_BUCKET",
    "archive_stream": "ARCHIVE_STREAM",
    "bus_name": "BUS_NAME",
    "configuration_set": "CONFIGURATION_SET",
    "sms_configuration_set": "SMS_CONFIGURATION_SET",
    "delay_machine": "DELAY_MACHINE_ARN",
    "fanout_machine": "FANOUT_MACHINE_ARN",
    "loopback_calls": "LOOPBACK_CALLS",
    "webhook_queue_url": "WEBHOOK_QUEUE_URL",
}


@dataclass(frozen=True)
class Settings:
    """What a function may need; each gets only what the template gives it, the rest stays empty."""

    stage: str = ""
    table_name: str = ""
    inbound_queue_url: str = ""
    bodies_bucket: str = ""
    archive_stream: str = ""
    bus_name: str = ""
    configuration_set: str = ""
    sms_configuration_set: str = ""
    delay_machine: str = ""
    fanout_machine: str = ""
    loopback_calls: str = ""
    webhook_queue_url: str = ""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this function."""
    return Settings(**{field: os.environ[name] for field, name in _NAMES.items() if name in os.environ})
