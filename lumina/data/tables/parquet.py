"""Parquet files as columns of texts: what a CSV file of the same table would hold."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lumina.data.source import HashedFile
from lumina.errors import DataError

_MAGIC = b"PAR1"
_BATCH_ROWS = 1 << 16


def is_parquet(head: bytes) -> bool:
    """Does a file that begins so claim to be Parquet?"""
    return head.startswith(_MAGIC)


def column_names(path: Path) -> list[str]:
    """Names of the columns; DataError where the file is broken, or the extra that reads it is not installed."""
    with _open(path) as file:
        return list(file.schema_arrow.names)


def batches(file: HashedFile) -> Iterator[dict[str, list[str]]]:
    """Rows in order, as texts by column; a null or NaN is an empty text.

    Times with a zone are ns since 1970, others ISO texts. The file is hashed as far as its rows are read.
    """
    arrow = _arrow(file.path)
    size = file.path.stat().st_size
    hashed = rows = 0
    with _open(file.path) as table:
        total = table.metadata.num_rows
        try:
            for batch in table.iter_batches(_BATCH_ROWS):
                rows += len(batch)
                yield {
                    name: _texts(arrow, file.path, name, column)
                    for name, column in zip(batch.schema.names, batch.columns, strict=True)
                }
                hashed += len(file.read(size * rows // total - hashed))
        except (arrow.ArrowException, OSError) as error:
            raise DataError(f"{file.path}: broken Parquet after {rows} rows: {_line(error)}") from None


def _arrow(path: Path) -> Any:
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError:
        raise DataError(
            f"{path}: Parquet needs the package pyarrow; remedy: pip install 'lumina-hft[parquet]', or write it as CSV"
        ) from None


def _open(path: Path) -> Any:
    arrow = _arrow(path)
    try:
        return arrow.parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: broken Parquet: {_line(error)}") from None


def _texts(arrow: Any, path: Path, name: str, column: Any) -> list[str]:
    kind = column.type
    types = arrow.types
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_nested(kind) or types.is_binary(kind):
        raise DataError(f"{path}: column {name}: type {kind} is no number, time or text; remedy: leave it out")
    if types.is_floating(kind):
        # the shortest text of the type: a float32 of 686.4 is no 686.39996337890625
        return [_number(value) for value in column.to_numpy(zero_copy_only=False)]
    if types.is_timestamp(kind):
        ns = column.cast(arrow.timestamp("ns", kind.tz)).cast(arrow.int64())
        if kind.tz is None:
            there = np.asarray(ns.fill_null(0).to_numpy(zero_copy_only=False)).view("datetime64[ns]")
            shown = np.datetime_as_string(there).tolist()
            return [text if valid else "" for text, valid in zip(shown, column.is_valid().to_pylist(), strict=True)]
        column = ns
    return ["" if text is None else text for text in column.cast(arrow.string()).to_pylist()]


def _number(value: Any) -> str:
    if not np.isfinite(value):
        return "" if np.isnan(value) else str(value)
    return str(int(value)) if value == int(value) else str(value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
