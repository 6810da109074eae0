"""Put a decided message into words for its channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.digests import digest_view, gathered_view
from porchlight.domain.facts import View
from porchlight.domain.fanout.gates import segments_of
from porchlight.domain.fanout.situation import Situation
from porchlight.domain.gifts import is_for_recipient
from porchlight.domain.messages import MessageRecord
from porchlight.domain.sms import fit
from porchlight.domain.views import email_view
from porchlight.ports import Renderer
from porchlight.reaching import EmailContent, Outgoing, PushContent, TemplateContent, TextContent
from porchlight.returning import Laws
from porchlight.services.blocks import BlockDesk
from porchlight.services.links import Links
from porchlight.services.withdrawal_right import is_open


class TooLongError(Exception):
    """No form of the text fits into the parts that the brand pays for."""


@dataclass(frozen=True)
class Composer:
    """Makes what providers are handed."""

    renderer: Renderer
    links: Links
    blocks: BlockDesk
    laws: Laws

    def outgoing(self, record: MessageRecord, channel: Channel, items: Sequence[Situation], *, more: bool) -> Outgoing:
        """The message for the shopper of ``items`` (one, or several that are told as one).

        TooLongError: an SMS of more parts than the brand pays for, however short its words are chosen.
        """
        head = items[0]
        contact = head.contacts[channel]
        links = self._links(head, record, channel, contact.address)
        view = self._view(record, items, links, channel, more=more)
        keys: dict[str, str] = {}
        if channel is Channel.WEB_PUSH:
            target = next(one for one in head.profile.targets if one.target == contact.address)
            keys = {"p256dh": target.p256dh, "auth": target.auth}
        hours = head.spec.stale_hours if channel is not Channel.EMAIL else None
        sender = _sender(head, channel)
        return Outgoing(
            brand=record.brand,
            channel=channel,
            message_id=record.message_id,
            order_id=record.order_id,
            moment=record.moment,
            purpose=record.purpose,
            to=contact.address,
            keys=keys,
            country=contact.country,
            content=self._content(head, channel, view, links),
            from_name=head.brand.sender.name,
            from_address=sender,
            reply_to=head.brand.sender.reply_to,
            expires_at=head.now + timedelta(hours=hours) if hours else None,
        )

    def _links(self, item: Situation, record: MessageRecord, channel: Channel, address: str = "") -> dict[str, str]:
        """Who got a gift is led to its return, and not to the order of whoever gave it."""
        links = self.links.of_message(item.brand, item.order, record.message_id, record.purpose, channel, address)
        if is_for_recipient(item.request, item.news.moment):
            links |= dict.fromkeys(("tracking", "short", "returns"), self.links.gift(item.brand, item.order))
        return links

    def _view(
        self,
        record: MessageRecord,
        items: Sequence[Situation],
        links: Mapping[str, str],
        channel: Channel,
        *,
        more: bool,
    ) -> View:
        together = len({(item.news.moment, item.order.order_id) for item in items}) == 1
        # In a digest each stands by itself: one parcel of this order, one of that.
        count = len(items) if together else 1
        blocks = channel is Channel.EMAIL and len(items) == 1
        views = [
            self._view_of(item, links if item is items[0] else None, record, count, blocks=blocks) for item in items
        ]
        if len(views) == 1:
            return views[0]
        if together:
            return gathered_view(views)
        return digest_view(
            views, [self._short(item.brand, view) for item, view in zip(items, views, strict=True)], more
        )

    def _view_of(
        self, item: Situation, links: Mapping[str, str] | None, record: MessageRecord, count: int, *, blocks: bool
    ) -> View:
        if links is None:
            links = self._links(item, record, Channel.EMAIL)
        whole = item.parcels if len(item.parcels) == item.parcel_count else None
        mine = item.spec.purpose is Purpose.SERVICE and not is_for_recipient(item.request, item.news.moment)
        if not mine or not is_open(self.laws, item.brand, item.order, whole, item.now):
            links = {**links, "withdraw": ""}
        speech, hours = self.renderer.speech(item.brand, item.language), item.spec.expires_hours
        if item.spec.purpose is Purpose.MARKETING:
            links = {**links, "place": self.blocks.place(item.brand, item.news.moment)}
        return email_view(
            *(item.news.moment, item.brand, item.order, item.shopper, item.shipment, item.request, item.now, links),
            *(item.parcel_count, item.case, speech),
            count=count,
            subject_id=item.news.subject_id,
            purpose=record.purpose,
            segments=segments_of(item),
            offer_ends=(record.offered_at or item.now) + timedelta(hours=hours) if hours else None,
            blocks=self._blocks(item, record) if blocks else (),
        )

    def _blocks(self, item: Situation, record: MessageRecord) -> list[View]:
        names = item.spec.blocks
        rating = self.links.rating(item.brand, item.order, record.message_id) if "rating" in names else ""
        return self.blocks.views(item.brand, names, item.order, rating)

    def _short(self, brand: BrandConfig, view: View) -> Mapping[str, str]:
        return self.renderer.texts(brand, view)

    def _content(
        self, head: Situation, channel: Channel, view: View, links: Mapping[str, str]
    ) -> EmailContent | TextContent | PushContent | TemplateContent:
        brand = head.brand
        if channel is Channel.EMAIL:
            subject, html, text = self.renderer.email(brand, view["moment"], view)
            stop = links["unsubscribe"]
            headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
            return EmailContent(subject=subject, html=html, text=text, headers=headers)
        words = self._short(brand, view)
        page = view["links"]["page"]
        if channel is Channel.SMS:
            # Returns have no short link of their own: the order's page leads to them.
            ours = page == links["tracking"] or page.startswith(links["returns"])
            short = (ours and links.get("short")) or page
            forms = (f"{brand.name}: {words['sms']} {short}", f"{words['sms']} {short}", f"{brand.name}: {short}")
            fitting = fit(forms, brand.outreach.sms.max_segments)
            if fitting is None:
                raise TooLongError
            return TextContent(
                text=fitting.text, parts=fitting.segments, max_price_cents=brand.outreach.sms.max_price_cents
            )
        if channel is Channel.WHATSAPP:
            sender = brand.outreach.whatsapp
            assert sender is not None  # a rule asked before
            return TemplateContent(
                name=sender.templates[head.news.moment],
                language=str(view["language"]).replace("-", "_"),
                parameters=(brand.name, words["sms"]),
                # Templates end in the order's page: returns have a path of their own, to which it leads.
                url_suffix=(page if "/t/" in page else links["tracking"]).rpartition("/")[2],
            )
        return PushContent(title=words["push_title"], body=words["push_body"], url=page)


def _sender(head: Situation, channel: Channel) -> str:
    outreach = head.brand.outreach
    if channel is Channel.EMAIL:
        return head.brand.sender.email
    if channel is Channel.SMS:
        senders = outreach.sms.origination
        return senders.get(head.contacts[channel].country or "", senders.get("default", ""))
    if channel is Channel.WHATSAPP and outreach.whatsapp:
        return outreach.whatsapp.phone_number_id
    return ""
