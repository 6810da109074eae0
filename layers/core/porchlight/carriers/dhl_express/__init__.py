"""DHL Express: answers of MyDHL API (JSON) and of its older sister XML-PI. It pushes through DHL Unified only."""

from porchlight.carriers.unsigned import Unsigned

CONNECTOR = Unsigned("dhl_express", "DHL Express")
