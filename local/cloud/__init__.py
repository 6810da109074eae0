"""The local cloud: an emulated AWS that runs the template as it is (docs/local-cloud.md)."""
