"""Made-up states of the page on which contracts are withdrawn from, and of the acknowledgement."""

from made_up import NOW, order

from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import View
from porchlight.domain.law.statement import Draft, Statement
from porchlight.domain.law.withdraw_view import NOTICES, acknowledgement, check_view, done_view, form_view, shops_view
from porchlight.domain.speech import Speech

TYPED = Draft(name="Ada Lovelace", number="#1001", email="ada@example.com", what="the blue lamp")


def withdrawing(brand: BrandConfig, speech: Speech | None) -> list[tuple[str, str, View]]:
    """Name, template and view of each."""
    spoken, of = speech or Speech(), order(brand)
    some = Draft(name=TYPED.name, email=TYPED.email, lines=(of.lines[0].line_id,))
    views = {
        "form": form_view(brand, Draft()),
        "form-of-order": form_view(brand, some, order=of),
        "form-wrong": form_view(brand, Draft(number="1"), frozenset({"name", "number", "email"})),
        **{f"form-{notice}": form_view(brand, TYPED, notice=notice) for notice in NOTICES},
        "check": check_view(brand, TYPED, None),
        "check-of-order": check_view(brand, some, of),
        "done": done_view(brand, statement(brand), None, spoken),
    }
    shops = ("withdraw", "return_shops", shops_view([("a", "A shop"), ("b", "Another")]))
    pages = [(name, "withdraw", view) for name, view in views.items()]
    return [(name, template, {**view, "language": spoken.tag}) for name, template, view in (*pages, shops)]


def statement(brand: BrandConfig) -> Statement:
    """One that names items in words."""
    return Statement(
        brand=brand.brand_id, statement_id="wdl_sample", declared_at=NOW, **TYPED.model_dump(exclude={"lines"})
    )


def unmatched(brand: BrandConfig, speech: Speech | None) -> View:
    """The acknowledgement of a statement that a person has to read."""
    return acknowledgement(brand, statement(brand), None, None, {}, speech or Speech())
