"""Output paths: refused before any work starts where they cannot be written."""

import os
from pathlib import Path
from typing import Any

import click


def writable(_ctx: click.Context, _param: click.Parameter, place: Any) -> Any:
    """Refuse a file or folder that cannot be written, before any work starts: a callback of click."""
    if place is not None and str(place) != "-":
        whole = Path(place).absolute()
        nearest = next(path for path in (whole, *whole.parents) if path.exists())
        if not os.access(nearest, os.W_OK):
            raise click.BadParameter(f"no permission to write {place}: choose another place")
    return place


def writable_folder(ctx: click.Context, param: click.Parameter, place: Any) -> Any:
    """Refuse, too, a folder whose name is that of a file: a callback of click."""
    if place is not None and not Path(place).is_dir():
        from framesmooth.video.suffixes import file_suffixes

        suffix = Path(place).suffix.lower()
        if suffix and suffix in file_suffixes():
            raise click.BadParameter(f"{place} becomes a folder: give a name without {suffix}", ctx, param)
    return writable(ctx, param, place)
