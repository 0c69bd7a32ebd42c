"""The exceptions that Lumina raises. All of them are `LuminaError`.

Who meets an error has given arguments in Python, options on a command line or keys of a configuration: a text names
them through `argument`, and whoever shows it says how they are spelt there (`LuminaError.told`).
"""

import re
from collections.abc import Callable

_MARK = "\1"  # around an argument in a text, and between its name and its value
_ARGUMENT = re.compile(f"{_MARK}([^{_MARK}]*){_MARK}([^{_MARK}]*){_MARK}")

Spelling = Callable[[str, str], str]
"""(name, value) of an argument as its user writes it; value "" names the argument alone."""


def argument(name: str, value: str = "") -> str:
    """An argument of `lumina.load` and its like, for the text of an error; value `true` or `false` is a switch."""
    return f"{_MARK}{name}{_MARK}{value}{_MARK}"


def in_python(name: str, value: str) -> str:
    """`clock="shift"`."""
    if not value:
        return name
    return f"{name}={value.capitalize()}" if value in ("true", "false") else f'{name}="{value}"'


def on_command_line(name: str, value: str) -> str:
    """`--clock shift`."""
    spelt = name.replace("_", "-")
    if value in ("true", "false"):
        return f"--{'no-' if value == 'false' else ''}{spelt}"
    return f"--{spelt} {value}".rstrip()


class LuminaError(Exception):
    """Base of every error that Lumina raises on purpose; its text is one line for a user."""

    def __str__(self) -> str:
        return self.told(in_python)

    def told(self, spelling: Spelling) -> str:
        """The text, with the arguments that it names spelt for where the user is."""
        return _ARGUMENT.sub(lambda found: spelling(found[1], found[2]), super().__str__())


class DataError(LuminaError):
    """A file or tape that cannot be used; the text names file, row, field, value and bound."""


class ConfigError(LuminaError):
    """A configuration that cannot be used; the text names file, key, value and bound."""


class StrategyError(LuminaError):
    """A strategy stopped the run with an error."""


class RingClosed(LuminaError):
    """A ring that takes no more items, or of which all were taken."""
