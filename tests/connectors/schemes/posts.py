"""Posts and carriers that sign nothing and publish no addresses: a token in the address."""

from tests.connectors.scheme import by_token

SOURCES = (
    "australia_post canada_post canpar chronopost la_poste newgistics pitney_bowes postnl purolator royal_mail".split()
)
SCHEMES = tuple(by_token(source) for source in SOURCES)
