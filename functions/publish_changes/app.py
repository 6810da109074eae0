"""Table stream → domain events on the bus."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import batch_handler
from porchlight.services.publish_changes import publish

handler = batch_handler(
    lambda record: publish(record, app.bus),
    lambda record: str(record["dynamodb"]["SequenceNumber"]),
)
