"""Parameter types of the command line."""

from fractions import Fraction
from typing import Any

import click

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FPS
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
