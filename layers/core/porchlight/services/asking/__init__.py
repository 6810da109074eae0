"""Asking carriers, telling them to push, and doing what webhooks ask for: see docs/polling.md."""
