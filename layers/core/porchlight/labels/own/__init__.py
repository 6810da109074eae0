"""No provider: a number of our own, at the carrier that brought the order. What carries it to the carrier (a printed
form, a counter of the brand's own) is the brand's; codes say the number. A PDF can be uploaded for a return.
"""

from porchlight.domain.brands import BrandConfig
from porchlight.domain.rma.labels import OUR_NUMBERS
from porchlight.domain.rma.names import ReturnMethod
from porchlight.labels.kit import Kit
from porchlight.returning import LabelMade, LabelRequest


class OwnLabels:
    """``returning.LabelProvider`` without a network: the same key is always the same number."""

    methods = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
    needs_address = False

    def __init__(self, kit: Kit) -> None:
        del kit

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        """``PLR`` and the 20 letters and digits of the key."""
        del brand
        number = OUR_NUMBERS + wanted.key.rpartition("_")[2].upper()
        code = number if wanted.method is not ReturnMethod.LABEL else ""
        return LabelMade(carrier=wanted.carrier, tracking_number=number, reference=number, code=code)

    def void(self, brand: BrandConfig, reference: str) -> bool:
        """Nobody else knows of it."""
        del brand, reference
        return True


PROVIDER = OwnLabels
