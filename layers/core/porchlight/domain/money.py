"""Money: integer minor units with an ISO 4217 currency. JPY has no decimals, KWD has three."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field

UNNAMED = "XXX"
"""ISO 4217's code for no currency: an amount whose currency is the one of its order, in thousandths."""

_DECIMALS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    UNNAMED: 3,
}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


def decimals(currency: str) -> int:
    """How many decimals the currency has (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


class Money(BaseModel):
    """``Money(amount=4900, currency="EUR")`` is €49.00."""

    model_config = ConfigDict(frozen=True)

    amount: int
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @classmethod
    def of(cls, text: str | int | float | Decimal, currency: str) -> "Money":
        """Read a decimal amount such as ``"49.00"``; raises ValueError where it is none."""
        try:
            value = Decimal(str(text))
        except InvalidOperation as error:
            raise ValueError(f"not an amount: {text!r}") from error
        if not value.is_finite():
            raise ValueError(f"not an amount: {text!r}")
        scaled = value.scaleb(decimals(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return cls(amount=int(scaled), currency=currency)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError("cannot add two currencies")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + Money(amount=-other.amount, currency=other.currency)

    def named(self, currency: str) -> "Money":
        """This amount, in ``currency`` if it names none itself."""
        return Money.of(self.decimal(), currency) if self.currency == UNNAMED else self

    def times(self, quantity: int) -> "Money":
        """This amount ``quantity`` times."""
        return Money(amount=self.amount * quantity, currency=self.currency)

    def decimal(self) -> str:
        """``49.00`` as providers want it."""
        places = decimals(self.currency)
        return f"{Decimal(self.amount).scaleb(-places):.{places}f}"

    def label(self) -> str:
        """``€49.00`` for people reading English; other languages format from the parts."""
        text = self.decimal().lstrip("-")
        sign = "-" if self.amount < 0 else ""
        symbol = _SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {self.currency}"
