"""Our own dates: how long parcels like this one take, learned from those that went before.

``lives`` has what is learned from and asked about; a ``Book`` learns day by day, and makes the ``Model`` that predicts.
"""
