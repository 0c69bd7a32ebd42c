"""Several files at once into the places of others."""

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from lumina.errors import DataError


def put_in_place(files: Mapping[Path, Path], aside: Path, without: Sequence[Path] = ()) -> None:
    """Let new files take the places of others: all of them, or none where one cannot.

    A link stays one, and the file that it names is replaced; a file keeps its mode.

    Parameters
    ----------
    files : mapping
        From each new file to its place.
    aside : Path
        An empty folder of the same file system: what was there before, until all are in place.
    without : sequence of Path
        Places that shall hold nothing afterwards.

    Raises
    ------
    DataError
        Where a place holds what is no file.
    OSError
        Where a file cannot be moved; everything is as before.
    """
    places = {new: Path(os.path.realpath(place)) for new, place in files.items()}
    former: dict[Path, Path] = {}
    changed: list[Path] = []
    for place in places.values():
        if place.exists() and not place.is_file():
            raise DataError(f"{place}: cannot be written: is there already and is no file")
    try:
        for place in (*places.values(), *without):
            if place.exists():
                kept = aside / str(len(former))
                _keep(place, kept)
                former[place] = kept
        for new, place in places.items():
            if place in former:
                os.chmod(new, stat.S_IMODE(former[place].stat().st_mode))
            changed.append(place)
            os.replace(new, place)
        for place in without:
            if place in former:
                changed.append(place)
                place.unlink()
    except BaseException:  # Ctrl-C between two of them, too
        for place in changed:
            if place in former:
                os.replace(former[place], place)
            else:
                place.unlink(missing_ok=True)
        raise


def _keep(place: Path, kept: Path) -> None:
    """A second name for a file, so that nobody finds its place empty meanwhile; where names are one a file, a copy."""
    try:
        os.link(place, kept)
    except OSError:
        shutil.copy2(place, kept)
