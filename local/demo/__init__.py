"""The demo: a brand, its shops and parcels, played through the front door."""
