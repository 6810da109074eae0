"""Shop systems that report orders: one folder each, listed in ``registry``."""
