"""What the build checks of a pack that it has written: everything renders in the brand's own language, with all facts
and with few, and stays within limits; other languages ask for the same facts.
"""

from pathlib import Path

import page_samples
import return_samples
import samples
import withdraw_samples
from grammar import check_words, facts_of
from jinja2 import TemplateError
from problems import BrandError

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.blocks import block_views
from porchlight.domain.brands import BrandConfig
from porchlight.domain.digests import digest_view, gathered_view
from porchlight.domain.facts import View, say
from porchlight.domain.speech import Speech
from porchlight.domain.views import email_view, tracking_view

MAX_HTML = 102_000
"""Gmail cuts longer emails off, and with them the address and the way to unsubscribe."""
MAX_SUBJECT = 45


def check_pack(target: Path) -> None:
    """Render every email and page of every brand with sample data."""
    pack = BrandPack(target)
    renderer = PackRenderer(pack)
    for brand_id in pack.ids():
        brand = pack.get(brand_id)
        speech = renderer.speech(brand)
        _check_languages(pack, brand)
        for sample in samples.emails(brand):
            where = f"brand/{brand_id}: email {sample.moment.value} ({sample.name})"
            try:
                subject, html, _ = renderer.email(brand, sample.moment, email_of(brand, sample, speech))
            except (TemplateError, KeyError) as error:
                raise BrandError(f"{where}: {_said(error)}") from error
            if len(html.encode()) > MAX_HTML:
                raise BrandError(f"{where}: {len(html.encode())} bytes of HTML, more than {MAX_HTML}")
            if not subject or len(subject) >= MAX_SUBJECT:
                raise BrandError(f"{where}: the subject has to have 1 to {MAX_SUBJECT - 1} characters: {subject!r}")
        renderer.email(brand, "withdrawal_received", withdraw_samples.unmatched(brand, speech))
        for name, template, view in _pages(brand, speech):
            try:
                renderer.page(brand, template, view)
            except (TemplateError, KeyError) as error:
                raise BrandError(f"brand/{brand_id}: page {template} ({name}): {_said(error)}") from error
    renderer.page(None, "not_found", {})


def _check_languages(pack: BrandPack, brand: BrandConfig) -> None:
    facts = dict.fromkeys(("not_found", "answer"), frozenset({"brand"}))
    for view in (email_of(brand, sample) for sample in samples.emails(brand)):
        facts_of(view, facts)
    facts_of(withdraw_samples.unmatched(brand, None), facts)
    for _, _, view in _pages(brand):
        facts_of(view, facts)
    for language in pack.data(brand.brand_id)["languages"]:
        check_words(pack.words(brand.brand_id, language), facts, f"brand/{brand.brand_id}: {language}: ")


def email_of(brand: BrandConfig, sample: samples.Sample, speech: Speech | None = None) -> View:
    """The view of a sample email, in English where no other ``speech`` is given."""
    if sample.items:
        views = [email_of(brand, item, speech) for item in sample.items]
        return digest_view(views, [_item(item, view) for item, view in zip(sample.items, views, strict=True)], True)
    view = email_view(
        sample.moment,
        brand,
        sample.order,
        sample.shopper,
        sample.shipment,
        sample.ret,
        samples.NOW,
        samples.LINKS,
        sample.parcels,
        sample.case,
        speech,
        count=sample.count,
        subject_id=sample.subject_id,
        purpose=sample.purpose,
        offer_ends=sample.offer_ends,
        blocks=block_views(sample.blocks, samples.BLOCKS, samples.GOODS, brand.name, samples.LINKS["rating"]),
    )
    return gathered_view([view] * sample.count) if sample.count > 1 else view


def _item(sample: samples.Sample, view: View) -> View:
    """What a digest says of one of its messages."""
    fields = ("headline", "meaning", "status", "tone", "button")
    return {field: say(f"moments.{sample.moment.value}.{field}", view["facts"]) for field in fields}


def page_of(brand: BrandConfig, page: samples.Page, speech: Speech | None = None) -> View:
    """The view of a sample tracking page, in English where no other ``speech`` is given."""
    of, links = page.order, samples.LINKS
    return tracking_view(brand, of, page.shipments, page.returns, samples.NOW, links, page.cases, speech=speech)


def _pages(brand: BrandConfig, speech: Speech | None = None) -> list[tuple[str, str, View]]:
    tracking = [
        (
            page.name,
            "tracking",
            page_of(brand, page, speech),
        )
        for page in samples.pages(brand)
    ]
    states: list[tuple[str, str, View]] = [
        ("order", "promise", {"words": say("promise", samples.PROMISE)}),
        ("no-order", "promise", {"words": say("promise", samples.PROMISE | samples.NO_ORDER)}),
    ]
    facts = {"brand": brand.name, "rating": say("blocks.rating.poor", {}), "low": True}
    rated = [
        ("done" if done else "ask", "rating", {"words": say("rating", facts), "done": done}) for done in (False, True)
    ]
    answers = [(name, "answer", {"said": said, "back": "../sample-token"}) for name, said in samples.answers()]
    first = tracking[0][2]
    tracking += [(name, "tracking", first | {"sms": form}) for name, form in page_samples.signing_up(brand)]
    spoken = {"language": speech.tag} if speech else {}
    plain = [(name, template, view | spoken) for name, template, view in (*answers, *states, *rated)]
    own = speech.tag if speech else "en"
    choices = [*page_samples.stopping(brand, own), *page_samples.choosing(brand, own)]
    withdrawing = withdraw_samples.withdrawing(brand, speech)
    return [*tracking, *plain, *choices, *return_samples.portal(brand, speech), *withdrawing]


def write_preview(target: Path, out: Path, language: str | None = None) -> None:
    """Every email and page as a file to look at; in ``language``, where brands speak it."""
    pack = BrandPack(target)
    renderer = PackRenderer(pack)
    for brand_id in pack.ids():
        brand, folder = pack.get(brand_id), out / brand_id
        speech = renderer.speech(brand, language)
        folder.mkdir(parents=True, exist_ok=True)
        for sample in samples.emails(brand):
            subject, html, text = renderer.email(brand, sample.moment, email_of(brand, sample, speech))
            (folder / f"email-{sample.name}.html").write_text(html, encoding="utf-8")
            (folder / f"email-{sample.name}.txt").write_text(f"Subject: {subject}\n\n{text}", encoding="utf-8")
        for name, template, view in _pages(brand, speech):
            (folder / f"{template}-{name}.html").write_text(renderer.page(brand, template, view), encoding="utf-8")
    (out / "not_found.html").write_text(renderer.page(None, "not_found", {}), encoding="utf-8")


def _said(error: Exception) -> str:
    return f"the word {error} is missing" if isinstance(error, KeyError) else str(error)
