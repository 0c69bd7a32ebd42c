"""The importer's rules, applied to updates: what tests of the resolver share."""

import numpy as np

from lumina import Flag, Kind
from lumina._core._resolver import Resolver


def resolve(updates, **config):
    resolver = Resolver(**config)
    return np.concatenate([resolver.push(updates), resolver.finish()])


def rows_of(events):
    """(kind, side, price, qty, flags) of each row."""
    return [(Kind(kind), side, price, qty, Flag(flags)) for _, _, _, price, qty, kind, side, flags in events.tolist()]
