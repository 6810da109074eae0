"""Asendia: Asendia Sync and the milestones of Asendia USA."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("asendia", "Asendia")
