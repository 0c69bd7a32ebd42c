"""Which columns of a CSV file are what: as the user says, and where a name is obvious, by itself."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lumina.errors import DataError, argument

# Our name to the file's.
Columns = dict[str, str]

# Letters and digits of names, lower case.
_OBVIOUS = {
    "time": ("time", "timestamp", "ts", "exchangetime", "exchangetimestamp", "exchtime", "exchts", "eventtime",
             "tsevent", "datetime"),
    "local_time": ("localtime", "localtimestamp", "localts", "receivetime", "receivedtime", "recvtime", "tsrecv"),
    "symbol": ("symbol", "instrument", "ticker"),
    "side": ("side", "direction", "aggressor", "aggressorside", "takerside"),
    "price": ("price", "px"),
    "quantity": ("quantity", "qty", "size", "amount", "volume"),
    "kind": ("kind", "action", "event", "eventtype", "updatetype"),
    "order_id": ("orderid", "oid"),
    "is_snapshot": ("issnapshot", "snapshot"),
    "trade_price": ("tradeprice", "lastprice"),
    "trade_quantity": ("tradequantity", "tradeqty", "tradesize", "lastqty", "lastquantity", "lastsize"),
    "trade_side": ("tradeside",),
}  # fmt: skip
_LEVEL = re.compile(
    r"(bid|ask)s?([0-9]{0,3})(price|px|p|quantity|qty|size|sz|amount|volume|q|s|v)([0-9]{0,3})", re.ASCII
)
_PRICES = ("price", "px", "p")
_PLAIN = re.compile(r"[^a-z0-9]")
_WIDE = re.compile(r"(bid|ask)_(price|quantity)_(?:[1-9][0-9]{0,2}|\{i\})", re.ASCII)
_MAX_DEPTH = 1000


def resolve(path: Path, names: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Columns as given, and the obvious ones of what is left.

    Raises
    ------
    DataError
        Where a name is none of ours or of the file's, or the levels of a side are not complete.
    """
    out: Columns = {}
    for ours, theirs in given.items():
        ours = ours.replace("_qty_", "_quantity_")
        if ours not in _OBVIOUS and not _WIDE.fullmatch(ours):
            raise DataError(
                f"option {argument('columns')}: {ours!r} is none of {', '.join(_OBVIOUS)}, bid_price_{{i}}, "
                "bid_quantity_{i}, "
                "ask_price_{i}, ask_quantity_{i}"
            )
        if ours.endswith("{i}"):
            out.update(_series(path, names, ours, theirs))
        elif theirs not in names:
            raise DataError(
                f"{path}: line 1: option {argument('columns')}: no column {theirs!r}; it has {', '.join(names)[:300]}"
            )
        else:
            out[ours] = theirs
    if given and any(_WIDE.fullmatch(ours) for ours in out):
        found = {ours: theirs for ours, theirs in obvious(names).items() if not _WIDE.fullmatch(ours)}
    else:
        found = obvious(names)
    taken = set(out.values())
    out.update({ours: theirs for ours, theirs in found.items() if ours not in out and theirs not in taken})
    _complete(path, out)
    return out


def obvious(names: Sequence[str]) -> Columns:
    """Columns whose names leave no doubt; of two that could be the same, the name that stands first in our list."""
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_PLAIN.sub("", name.lower()), name)
    out: Columns = {}
    levels: dict[tuple[str, str], dict[int, str]] = {}
    for word, name in plain.items():
        match = _LEVEL.fullmatch(word)
        if match is not None and not (match[2] and match[4]):
            what = "price" if match[3] in _PRICES else "quantity"
            levels.setdefault((match[1], what), {}).setdefault(int(match[2] or match[4] or "1"), name)
    for (side, what), found in levels.items():
        for i, number in enumerate(sorted(found)):
            out[f"{side}_{what}_{i + 1}"] = found[number]
    for ours, words in _OBVIOUS.items():
        known = next((plain[word] for word in words if word in plain), None)
        if known is not None:
            out[ours] = known
    if levels:
        for ours in ("side", "price", "quantity", "kind", "order_id", "is_snapshot"):
            out.pop(ours, None)
    return out


def _series(path: Path, names: Sequence[str], ours: str, theirs: str) -> Columns:
    """Columns of a name with {i} in it, from 0 or 1 on."""
    if "{i}" not in theirs:
        raise DataError(f"option {argument('columns')}: {ours} needs a name with {{i}}, got {theirs!r}")
    first = 0 if theirs.replace("{i}", "0") in names else 1
    out: Columns = {}
    while len(out) < _MAX_DEPTH and (name := theirs.replace("{i}", str(first + len(out)))) in names:
        out[ours.replace("{i}", str(len(out) + 1))] = name
    if not out:
        raise DataError(
            f"{path}: line 1: option {argument('columns')}: no column {theirs!r}; it has {', '.join(names)[:300]}"
        )
    return out


def _complete(path: Path, columns: Columns) -> None:
    """A row with levels has the price and the quantity of as many on both sides."""
    wide = [ours for ours in columns if _WIDE.fullmatch(ours)]
    depth = len(wide) // 4
    for side in ("bid", "ask"):
        for what in ("price", "quantity"):
            for i in range(max(depth, 1) if wide else 0):
                if f"{side}_{what}_{i + 1}" not in columns:
                    raise DataError(
                        f"{path}: line 1: no column for {side}_{what}_{i + 1}; remedy: option {argument('columns')}"
                    )
    if wide and len(wide) != 4 * depth:
        raise DataError(f"{path}: line 1: the sides have not the same levels: {', '.join(sorted(wide))[:300]}")
