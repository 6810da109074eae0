"""Where the parts are put together: settings, wiring, logs and metrics, HTTP."""
