"""Sets the project up: `.venv` from the lock files, and the system packages that some suites need."""
