"""Who buys from the two brands, and what: all of them are invented."""

from dataclasses import dataclass

L, F = "larkspur", "fjordhus"


@dataclass(frozen=True)
class Customer:
    """An invented person and what they bought."""

    brand: str
    external_id: int
    number: str
    name: str
    email: str
    lines: tuple[tuple[str, str], ...]
    carrier: str
    parcel: str
    tags: str = ""
    second: str = ""
    """Another parcel of the same order."""
    language: str = "en"
    country: str = "NO"
    """Where Fjordhus sends it."""
    mobile: str = ""

    @property
    def parcels(self) -> tuple[str, ...]:
        """Tracking numbers."""
        return (self.parcel, self.second) if self.second else (self.parcel,)


ORDERS = {
    "maya": Customer(
        L, 5001001, "#1001", "Maya Okafor", "maya@mail.example",
        (("Linen duvet cover, sand", "149.00"), ("Wool throw, moss", "89.00")), "UPS", "1Z999AA10123456784",
    ),
    "theo": Customer(
        L, 5001002, "#1002", "Theo Brandt", "theo@mail.example",
        (("Oak coat hooks, set of 4", "46.00"),), "USPS", "9400100000000000000017",
    ),
    "ines": Customer(
        L, 5001003, "#1003", "Inês Duarte", "ines@mail.example",
        (("Stoneware mug, rain", "24.00"), ("Stoneware bowl, rain", "28.00")), "FedEx", "799900000017",
    ),
    "priya": Customer(
        L, 5001004, "#1004", "Priya Raman", "priya@mail.example",
        (("Cashmere robe, dusk", "420.00"),), "USPS", "9400100000000000000024", "tier:elite",
    ),
    "sigrid": Customer(
        F, 70201, "F-70201", "Sigrid Aune", "sigrid@post.example",
        (("Pendant lamp Lyng, brass", "310.00"),), "PostNord", "00373500000000000019",
    ),
    "jonas": Customer(
        F, 70202, "F-70202", "Jonas Lindqvist", "jonas@post.example",
        (("Wall shelf Fjell, ash", "129.00"),), "DHLExpress", "JD0146000011110001",
    ),
    "liv": Customer(
        F, 70203, "F-70203", "Liv Haugen", "liv@post.example",
        (("Wool blanket Dovre, grey", "119.00"),), "FedEx", "799900000031",
    ),
    "noor": Customer(
        L, 5001005, "#1005", "Noor Haddad", "noor@mail.example",
        (("Reading lamp, linen shade", "76.00"),), "Millrace Couriers", "MRC0044120081",
        mobile="(503) 555-0143",
    ),
    "ada": Customer(
        L, 5001006, "#1006", "Ada Whitlock", "ada@mail.example",
        (("Travel blanket, slate", "98.00"),), "UPS", "1Z999AA10123456793", mobile="(503) 555-0142",
    ),
    "greta": Customer(
        F, 70204, "F-70204", "Greta Winkler", "greta@post.example",
        (("Stuhl Vik, Eiche", "189.00"), ("Stuhl Vik, Esche", "189.00")), "PostNord", "00373500000000000026",
        second="00373500000000000033", language="de", country="DE",
    ),
    "selma": Customer(
        F, 70205, "F-70205", "Selma Dahl", "selma@post.example",
        (("Candle holder Lys, iron", "39.00"),), "PostNord", "00373500000000000040",
    ),
    "selma_again": Customer(
        F, 70206, "F-70206", "Selma Dahl", "selma@post.example",
        (("Candles Lys, twelve", "24.00"),), "PostNord", "00373500000000000057",
    ),
    "hanna": Customer(
        F, 70207, "F-70207", "Hanna Keller", "hanna@post.example",
        (("Tisch Eik, Eiche", "349.00"),), "PostNord", "00373500000000000064", language="de", country="DE",
    ),
}  # fmt: skip
CHOOSE = ("ada", "greta", "selma", "selma_again")
"""Who wants it otherwise than the brand: by another channel, in another language, once a day."""
