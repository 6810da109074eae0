"""What shoppers answer by email, where the brand's sending address is received by SES: passed on to people."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.addresses import valid_email
from porchlight.domain.brands import BrandConfig
from porchlight.domain.mails import Mail
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics
from porchlight.reaching import Mails, Replies
from porchlight.services.hear_contacts import ContactLog
from porchlight.services.support import Support

MOST_BYTES = 7_000_000
"""Larger originals stay where SES has put them: their attachment would be more than most servers take."""


@dataclass(frozen=True)
class MailDesk:
    """Passes each email on once, and nothing in circles."""

    brands: Brands
    replies: Replies
    mails: Mails
    support: Support
    contacts: ContactLog
    metrics: Metrics

    def take(self, mail: Mail, now: datetime) -> str:
        """What was made of it: ``passed_on``, ``known``, ``stray``, or why it goes no further."""
        brand = self._brand(mail)
        outcome = mail.why_not if brand else "stray"
        if brand and not outcome:
            outcome = self._pass_on(brand, mail, now)
        self.metrics.count("Replies", channel="email", outcome=outcome)
        return outcome

    def _pass_on(self, brand: BrandConfig, mail: Mail, now: datetime) -> str:
        own = {brand.sender.email.lower(), brand.sender.reply_to.lower()}
        if brand.sender.reply_to.lower() in mail.recipients or mail.sender.lower() in own:
            return "own"
        if self.replies.is_done(brand.brand_id, mail.mail_id):
            return "known"
        text = "A shopper answered an email. What they wrote is attached."
        try:
            original = self.mails.get(mail.key) if mail.key else b""
        except NotFoundError:
            original = b""
        if not original:
            text = "A shopper answered an email. What they wrote is not kept any more."
        if len(original) > MOST_BYTES:
            original, text = b"", f"A shopper answered an email. It is too large to be attached: {mail.key}"
        subject = mail.subject or "An answer without a subject"
        answer_to = valid_email(mail.sender) or ""  # what can be none would keep the rest from people, too
        self.support.pass_on(brand, subject, text, mail.mail_id, now, reply_to=answer_to, attached=original)
        self.replies.done(brand.brand_id, mail.mail_id, now)
        self.contacts.note_from(brand, "email", mail.sender, now)
        return "passed_on"

    def _brand(self, mail: Mail) -> BrandConfig | None:
        brands = (self.brands.get(brand_id) for brand_id in self.brands.ids())
        return next((brand for brand in brands if brand.sender.email.lower() in mail.recipients), None)
