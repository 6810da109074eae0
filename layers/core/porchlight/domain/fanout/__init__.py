"""Whether, how and when a shopper is told: the decisions of the notification fan-out. Pure functions."""
