"""What shoppers thought of their orders: stored under the order, once for each message that asked."""

import boto3

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.ratings import DynamoRatings
from porchlight.adapters.dynamodb.table import Table, load
from porchlight.domain.ratings import Rating
from tests.adapters.conftest import TABLE, Stores
from tests.adapters.test_repositories import NOW


def rating(brand: str, message: str, score: int) -> Rating:
    return Rating(brand=brand, order_id="ord_rated", message_id=message, score=score, rated_at=NOW)


def test_the_first_answer_is_new_and_the_last_one_counts(real: Stores) -> None:
    ratings = DynamoRatings(Table(TABLE))
    told = [("msg_1", 2), ("msg_1", 5), ("msg_2", 3)]
    assert [ratings.put(rating(real.brand, *one)) for one in told] == [True, False, True]
    key = {"pk": {"S": keys.order_pk(real.brand, "ord_rated")}, "sk": {"S": "RATING#msg_1"}}
    stored = boto3.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert load(Rating, stored).score == 5


def test_an_order_is_read_past_its_ratings(real: Stores) -> None:
    """The order's partition is read as a whole: what is rated is no message, parcel or refund of it."""
    DynamoRatings(Table(TABLE)).put(rating(real.brand, "msg_1", 4))
    contents = real.orders.contents(real.brand, "ord_rated")
    assert (contents.order, contents.messages, contents.shipment_ids, contents.refunds) == (None, (), (), {})
