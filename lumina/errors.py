"""The exceptions that Lumina raises. All of them are `LuminaError`."""


class LuminaError(Exception):
    """Base of every error that Lumina raises on purpose; its text is one line for a user."""


class DataError(LuminaError):
    """A file or tape that cannot be used; the text names file, row, field, value and bound."""


class ConfigError(LuminaError):
    """A configuration that cannot be used; the text names file, key, value and bound."""


class StrategyError(LuminaError):
    """A strategy stopped the run with an error."""


class RingClosed(LuminaError):
    """A ring that takes no more items, or of which all were taken."""
