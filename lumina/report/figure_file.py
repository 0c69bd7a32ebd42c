"""Where a picture is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumina.data.tape_file import TemporaryFile

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: str | Path) -> None:
    """Write a PNG in place of a file, whole or not at all; a pipe or device is written through.

    Raises
    ------
    DataError : where the file cannot be written, or is a folder
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        with open(target, "wb") as file:
            figure.savefig(file, format="png")
        return
    with TemporaryFile(target) as part:
        figure.savefig(part.file, format="png")
        part.commit()
