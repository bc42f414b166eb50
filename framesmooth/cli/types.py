"""Parameter types of the command line."""

import re
from fractions import Fraction
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

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


_FILES: Final = frozenset({"IN", "OUT", "FILE", "PATH", "DIR", "FOLDER", "CLIP", "REF"})
"""Words of a metavar that stand for a file or a folder."""


class FileName(click.types.StringParamType):
    """Text that may name a file or a folder; a shell completes it as one."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave the names to the shell."""
        return files(incomplete)


FILE_NAME: Final = FileName()


def files(incomplete: str) -> list[CompletionItem]:
    """Return what makes a shell complete files and folders."""
    return [CompletionItem(incomplete, type="file")]


def stands_for_file(metavar: str) -> bool:
    """Tell whether a value is, or begins with, the name of a file: "FILE", "DIR|URL", "PATH[:SCALE]"."""
    return "=" not in metavar and not _FILES.isdisjoint(re.split(r"[^A-Z]+", metavar))
