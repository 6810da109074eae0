"""What a shopper thought of an order: one of five words, once for each message that asked."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

LOW = 2
"""Up to here something was wrong: the page offers a person."""


class Rating(BaseModel):
    """One answer. Who says something else later says it in place of this."""

    model_config = ConfigDict(frozen=True)

    brand: str
    order_id: str
    message_id: str
    score: int = Field(ge=1, le=5)
    rated_at: AwareDatetime
