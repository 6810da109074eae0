"""``POST /t/{token}/sms``: news by SMS, asked for on the tracking page."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.addresses import phone_number
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentSource
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Orders, Renderer
from porchlight.reaching import Catalogues
from porchlight.services.consent import ConsentDesk, Said, SignUp, TooManySignUpsError
from porchlight.services.links import Links
from porchlight.services.pages import Wished
from porchlight.services.texting import Texts


@dataclass(frozen=True)
class SmsSignUp:
    """Whoever has the order's link may sign a number up; where the country asks for it, the number has to agree."""

    desk: ConsentDesk
    orders: Orders
    brands: Brands
    catalogues: Catalogues
    renderer: Renderer
    links: Links
    texts: Texts

    def sign_up(self, token: str, typed: str, agreed: bool, now: datetime, wished: Wished = ()) -> str:
        """What the page says then: ``asked``, ``started``, ``invalid``, ``unticked``, ``too_many`` or ``later``.
        NotFoundError for links of others and of people who were forgotten, and brands that send no SMS.
        """
        claims = self.links.read("t", token, now)
        brand = self.brands.get(claims["b"])
        order = self.orders.get(brand.brand_id, claims["o"])
        if order is None or Channel.SMS not in brand.outreach.providers:
            raise NotFoundError
        shopper, profile = self.desk.profiles.with_contact(brand.brand_id, order.shopper_id)
        if profile.erased_at and order.placed_at <= profile.erased_at:
            raise NotFoundError
        number = phone_number(typed, order.destination.country)
        if number is None:
            return "invalid"
        if not agreed:
            return "unticked"
        known = profile.preferences.language or (shopper.language if shopper else None)
        language = self.renderer.speech(brand, known, *wished).tag
        words = self.renderer.words(brand, "signup.form", {"brand": brand.name}, language)
        said = Said(ConsentSource.TRACKING_PAGE, now, words["wording"], language)
        country = self.catalogues.country(brand.brand_id, number.country or order.destination.country)
        try:
            done = self.desk.sign_up(
                *(brand.brand_id, order.shopper_id, number.e164, [Purpose.SERVICE], country, said, now),
                usual=brand.outreach.channels,
            )
        except TooManySignUpsError:
            return "too_many"
        if done is SignUp.REPEATED:
            return "started" if profile.mobile == number.e164 else "asked"
        word = "confirm" if done is SignUp.ASKED else "started"
        sent = self.texts.say(brand, number, word, language, now.isoformat(), now)
        return ("asked" if sent else "later") if done is SignUp.ASKED else "started"
