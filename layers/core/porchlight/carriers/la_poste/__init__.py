"""La Poste (Colissimo and tracked letters): Suivi v2."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("la_poste", "La Poste")
