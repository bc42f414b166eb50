"""Parameter types of the command line."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FPS
from framesmooth.registry import names
from framesmooth.setting import parse_rate


class Rate(click.ParamType[Fraction]):
    """Frames per second: 24, 23.976 or 24000/1001."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Turn the text into an exact fraction."""
        try:
            rate = parse_rate(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)
        if not 0 < rate <= MAX_FPS:
            self.fail(
                f"{value} frames per second is out of range: give more than 0, {MAX_FPS} at most", param, ctx
            )
        return rate


class FrameRange(click.ParamType[tuple[int, int | None]]):
    """A range of frames A:B, B excluded; either may be left out."""

    name = "a:b"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int | None]:
        """Turn "10:20" into (10, 20)."""
        if isinstance(value, tuple):
            return value
        start, colon, stop = str(value).partition(":")
        try:
            found = int(start or 0), int(stop) if stop else None
        except ValueError:
            colon = ""
        if not colon:
            self.fail(f"{value!r} is no range of frames: write 0:48, 10: or :48", param, ctx)
        return found


class WeightsType(click.ParamType[tuple[str, Path]]):
    """The folder of a metric's model, NAME=FOLDER."""

    name = "name=folder"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Turn "clip_consistency=clip/" into ("clip_consistency", Path("clip"))."""
        if isinstance(value, tuple):
            return value
        metric, _, folder = str(value).partition("=")
        if metric not in names("metric") or not folder:
            self.fail(f"{value!r} is no NAME=FOLDER: write clip_consistency=FOLDER", param, ctx)
        return metric, Path(folder)
