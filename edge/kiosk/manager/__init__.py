"""The manager: the figures of the store with the people behind them, who may be lost, the team, exports."""
