"""`porchlight dates backtest`: a history replayed through the engine, day by day, as if it happened now."""
