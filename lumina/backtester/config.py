"""Reads and checks the configuration of a run. The only module that reads YAML."""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lumina.backtester.checks import MISSING, NAME, Invalid, nearest
from lumina.backtester.schema import FREE_SECTIONS, KEYS, SECTIONS
from lumina.errors import ConfigError

MAX_BYTES = 1_000_000
"""A configuration is a page of text: anything larger is another file."""
MAX_DEPTH = 20
"""Mappings and lists inside each other; the YAML library's own recursion has no bound."""

_SCHEMA = {key.name: key for key in KEYS}
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Config:
    """A checked configuration.

    Attributes
    ----------
    values : dict of section to dict of key to value; every key of the schema is there
    source : name of the file that it came from, for messages
    origins : dotted key to the ``--set`` that gave it, for messages
    """

    values: dict[str, dict[str, Any]]
    source: str
    origins: dict[str, str]

    def __getitem__(self, section: str) -> dict[str, Any]:
        return self.values[section]

    def error(self, key: str, text: str, because: str = "") -> ConfigError:
        """A `ConfigError` that says where the key was set, or else the one that made it wrong, `because`."""
        where = _origin(key, self.origins) or _origin(because, self.origins) or self.source
        return ConfigError(f"{where}: {key}: {text}")

    def __str__(self) -> str:
        return render(self.values)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, with a key that stands twice refused instead of the last one taken."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"key {key.value} stands twice", key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def default_path() -> Path:
    """The commented default configuration, beside the package or in the checkout."""
    import lumina

    here = Path(lumina.__file__).parent
    for folder in (here / "config", here.parent / "config"):
        if (folder / "backtest.yaml").is_file():
            return folder / "backtest.yaml"
    raise ConfigError(f"backtest.yaml: not found in {here / 'config'}: install lumina again, or give --config FILE")


def load(path: str | Path, overrides: Iterable[str] = (), spelt: Mapping[str, str] | None = None) -> Config:
    """Read a configuration file, apply overrides, check everything.

    Parameters
    ----------
    path : of a YAML file
    overrides : ``section.key=value`` each, the value in YAML
    spelt : how the user wrote an override, where not as ``--set``, for messages

    Raises
    ------
    ConfigError : naming file (or ``--set``), key, value and bound
    """
    source = os.fspath(path)
    return check(_read(source), source, overrides, spelt)


def check(raw: Any, source: str, overrides: Iterable[str] = (), spelt: Mapping[str, str] | None = None) -> Config:
    """Check the content of a configuration; as `load`, for one that is already in memory."""
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise ConfigError(f"{source}: must be a mapping of sections, not {_kind(raw)}")
    raw = {section: dict(body) if isinstance(body, dict) else body for section, body in raw.items()}
    origins: dict[str, str] = {}
    for override in overrides:
        _apply(raw, origins, override, (spelt or {}).get(override, f"--set {override}"))

    for section in raw:
        if section not in SECTIONS:
            where = _where(str(section), source, origins)
            raise ConfigError(f"{where}: {_short(section)}: unknown section{nearest(str(section), SECTIONS)}")
    values: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        body = raw.get(section)
        if body is None:
            body = {}
        if not isinstance(body, dict):
            where = _where(section, source, origins)
            raise ConfigError(f"{where}: {section}: {_short(body)} must be a mapping of keys")
        values[section] = _section(section, body, source, origins)
    config = Config(values, source, origins)
    _across(config)
    return config


def render(values: Mapping[str, Mapping[str, Any]]) -> str:
    """A configuration as YAML with every key's comment, unit and default; `load` reads it back."""
    lines = ["# Configuration of `python -m lumina.backtester`. A key that is left out has its default."]
    for section, about in SECTIONS.items():
        lines += ["", *(f"# {line}" for line in about.splitlines()), f"{section}:"]
        for key in KEYS:
            head, _, name = key.name.partition(".")
            if head == section:
                unit = f" [{key.unit}]" if key.unit else ""
                comment = f"{key.comment}{unit}; default {_scalar(key.default)}".removeprefix("; ")
                lines.append(f"  {name}: {_scalar(values[section][name])}  # {comment}")
        for name in values[section]:
            if f"{section}.{name}" not in _SCHEMA:
                lines.append(f"  {name}: {_scalar(values[section][name])}")
    return "\n".join(lines) + "\n"


def defaults() -> dict[str, dict[str, Any]]:
    """Every section and key with its default."""
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key in KEYS:
        section, _, name = key.name.partition(".")
        values[section][name] = key.default
    return values


def _read(source: str) -> Any:
    try:
        with open(source, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{source}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{source}: is over {MAX_BYTES} bytes long, which no configuration is")
    try:
        return _yaml(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: byte {error.start} is not UTF-8 text") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: {_yaml_problem(error)}") from None
    except (ValueError, TypeError) as error:  # an impossible date, a list as a key
        raise ConfigError(f"{source}: is not YAML that can be used: {str(error).splitlines()[0]}") from None


def _yaml(content: str) -> Any:
    depth = 0
    event: Any  # the two parsers' marks are of different types
    for event in yaml.parse(content, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(None, None, f"nested over {MAX_DEPTH} deep", event.start_mark)
    return yaml.load(content, Loader=_Loader)


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "is not YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem).replace("\n", " ")


def _apply(raw: dict[str, Any], origins: dict[str, str], override: str, where: str) -> None:
    key, equals, content = override.partition("=")
    names = key.split(".")
    if not equals or len(names) < 2 or not all(NAME.match(name) for name in names):
        raise ConfigError(f"{where}: must look like section.key=value")
    try:
        value = _yaml(content)
    except (yaml.YAMLError, ValueError, TypeError):
        raise ConfigError(f"{where}: {key}: {_short(content)} is not a YAML value") from None
    target = raw
    for depth, name in enumerate(names[:-1], 1):
        below = target.get(name)
        if below is None or (depth == 1 and not isinstance(below, dict)):
            below = {}
        if not isinstance(below, dict):
            raise ConfigError(f"{where}: {'.'.join(names[:depth])} is {_short(below)}, which has no keys")
        target[name] = target = dict(below)
    target[names[-1]] = value
    origins[key] = where


def _section(section: str, body: dict[Any, Any], source: str, origins: dict[str, str]) -> dict[str, Any]:
    known = [key.name.partition(".")[2] for key in KEYS if key.name.startswith(section + ".")]
    for name in body:
        if name not in known and (section not in FREE_SECTIONS or not isinstance(name, str) or not NAME.match(name)):
            key = f"{section}.{name}"
            raise ConfigError(f"{_where(key, source, origins)}: {key}: unknown key{nearest(str(name), known)}")
    values = {}
    for name in [*known, *(name for name in body if name not in known)]:
        key = f"{section}.{name}"
        value = body.get(name, MISSING)
        if key not in _SCHEMA:
            values[name] = value
            continue
        try:
            values[name] = _SCHEMA[key].check(_SCHEMA[key].default if value is MISSING else value)
        except Invalid as error:
            full = key + error.below
            shown = "" if error.value is MISSING else f"{_short(error.value)} "
            raise ConfigError(f"{_where(full, source, origins)}: {full}: {shown}{error}") from None
    return values


def _across(config: Config) -> None:
    """Checks of one key against another, and the environment in data.path."""
    data, impact = config["data"], config["impact"]
    if data["path"] is not None:
        listed = isinstance(data["path"], list)
        expanded = [_expand(config, path) for path in (data["path"] if listed else [data["path"]])]
        data["path"] = expanded if listed else expanded[0]
    if len(impact["weights"]) != len(impact["taus_s"]):
        raise config.error(
            "impact.taus_s",
            f"has {len(impact['taus_s'])} entries, impact.weights has "
            f"{len(impact['weights'])}: one decay time a weight",
            "impact.weights",
        )
    if abs(sum(impact["weights"]) - 1) > 1e-9:
        raise config.error(
            "impact.weights", f"{_short(impact['weights'])} must sum to 1, sums to {sum(impact['weights']):g}"
        )
    if impact["enabled"] and impact["volume_daily"] is None:
        raise config.error(
            "impact.volume_daily",
            "null must be a volume in base units when impact.enabled is true",
            "impact.enabled",
        )
    if (data["clock"] == "shift") != (data["min_latency_ns"] is not None):
        raise config.error(
            "data.min_latency_ns",
            f"{_short(data['min_latency_ns'])} does not go with data.clock: "
            f"{data['clock']}; shift needs it, none has none",
            "data.clock",
        )


def _expand(config: Config, path: str) -> str:
    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise config.error("data.path", f"{path}: the environment variable {match[1]} is not set")
        return found

    return _VARIABLE.sub(value, path)


def _where(key: str, source: str, origins: dict[str, str]) -> str:
    return _origin(key, origins) or source


def _origin(key: str, origins: dict[str, str]) -> str:
    """What set a key, or one above or below it, on the command line; "" for a key that stands in the file."""
    for name, origin in reversed(origins.items()):
        if key == name or key.startswith((name + ".", name + "[")) or name.startswith(key + "."):
            return origin
    return ""


def _short(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and 0 < len(value) <= 60 and value.isprintable():
        return value
    return reprlib.repr(value)


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else f"the value {_short(value)}"


def _scalar(value: Any) -> str:
    shown: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return shown.removesuffix("\n").removesuffix("\n...")
