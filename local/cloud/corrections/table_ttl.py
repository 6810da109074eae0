"""A table has the TTL that its template declares.

Stock: CloudFormation ignores `TimeToLiveSpecification`; TTL stays off.
AWS: TTL is switched on for the attribute.
Why: sessions, idempotency records and raw payloads lapse by TTL.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Set TTL after a table was created or updated."""
    tables = module("services.dynamodb")
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    stock_create, stock_update = handler["create"], handler["update"]

    def set_ttl(table: str, properties: dict[str, Any]) -> None:
        declared = properties.get("TimeToLiveSpecification")
        if declared:
            enabled = str(declared.get("Enabled")).lower() == "true"
            specification = {"AttributeName": declared.get("AttributeName"), "Enabled": enabled}
            tables._update_ttl({"TableName": table, "TimeToLiveSpecification": specification})

    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        result = stock_create(logical_id, properties, stack)
        set_ttl(result[0], properties)
        return result

    def update(table: str, old: dict[str, Any], new: dict[str, Any], stack: str, *logical_id: str) -> Any:
        result = stock_update(table, old, new, stack, *logical_id)
        set_ttl(result[0], new)
        return result

    handler["create"], handler["update"] = create, update
