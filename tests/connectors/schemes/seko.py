"""Nothing of this source is signed: a token in the address."""

from tests.connectors.scheme import by_token

SCHEMES = (by_token("seko"),)
