"""Porchlight: the post-purchase platform that a brand runs in its own AWS account.

Reading order for a newcomer: ``docs/architecture.md``, then one function (``functions/receive_webhook``), the service
it calls (``services/receive_webhook.py``) and one connector (``carriers/easypost``).
"""

__version__ = "0.1.0"
