"""What people decide about returns, route by route: answers, notes, a second look, labels that they bring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.ports import Secrets
from porchlight.services.api_keys import authorize
from porchlight.services.own_label import LabelBody, OwnLabels
from porchlight.services.read_json import read_body
from porchlight.services.review_return import AssignBody, DecisionBody, NoteBody, PostedBody, ReviewDesk
from porchlight.services.show_return import show


@dataclass(frozen=True)
class ReviewsApi:
    """One method for each route; ``return_id`` is what the path says. The same again is the same."""

    reviews: ReviewDesk
    labels: OwnLabels
    secrets: Secrets

    def decide(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """A person's answer to the question that waits."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(DecisionBody, request.body)
        return show(self.reviews.decide(key.brand, return_id, body, key.id, now))

    def assign(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """Whose question it is."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(AssignBody, request.body)
        return show(self.reviews.assign(key.brand, return_id, body.assignee, key.id, now))

    def note(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """A note on the question; the last one once more is one."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(NoteBody, request.body)
        return show(self.reviews.note(key.brand, return_id, body.note, key.id, now))

    def reopen(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """A person looks once more at what was refused, called off, has expired or failed."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(NoteBody, request.body or b"{}")
        return show(self.reviews.reopen(key.brand, return_id, key.id, now, body.note))

    def posted(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """The shopper has proved that they sent it."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(PostedBody, request.body or b"{}")
        return show(self.reviews.posted(key.brand, return_id, body, key.id, now))

    def label(self, request: InboundRequest, return_id: str, now: datetime) -> dict[str, Any]:
        """Another label, or one that is brought."""
        key = authorize(request, "returns:decide", self.secrets)
        body = read_body(LabelBody, request.body or b"{}")
        return show(self.labels.label(key.brand, return_id, body, now))

    def label_form(self, request: InboundRequest, return_id: str) -> dict[str, Any]:
        """Where the PDF of a label may be sent to."""
        key = authorize(request, "returns:decide", self.secrets)
        return self.labels.upload_form(key.brand, return_id)
