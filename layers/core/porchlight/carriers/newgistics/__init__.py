"""Newgistics (later Pitney Bowes): returns through the post."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("newgistics", "Newgistics")
