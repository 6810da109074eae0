"""Carriers and aggregators that report on parcels: one folder each, listed in ``registry``."""
