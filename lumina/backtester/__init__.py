"""The main job: one backtest from a configuration file to a summary, `python -m lumina.backtester`."""
