"""The one table: see docs/data-model.md, which opens with the access patterns."""
