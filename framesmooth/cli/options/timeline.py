"""The options of ``generate`` that say how a clip travels from prompt to prompt."""

from typing import Any, Literal

import click

from framesmooth.cli.options.common import Command
from framesmooth.generation.specs import INBETWEENS
from framesmooth.timeline.timeline import EASINGS
from framesmooth.workflows.generate.settings import ClipSettings


class Cadence(click.ParamType["int | Literal['auto']"]):
    """A number of frames, or "auto"."""

    name = "n|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | Literal["auto"]:
        """Turn "4" into 4."""
        if value == "auto":
            return "auto"
        return int(click.IntRange(min=1).convert(value, param, ctx))


_OPTIONS = [
    click.option(
        "--hold",
        type=click.FloatRange(0, 1, max_open=True),
        default=ClipSettings.hold,
        show_default=True,
        help="Share of the way to the next prompt that rests at its start.",
    ),
    click.option(
        "--easing",
        type=click.Choice(list(EASINGS)),
        default=ClipSettings.easing,
        show_default=True,
        help="How the travel between two prompts speeds up and slows down.",
    ),
    click.option(
        "--loop",
        is_flag=True,
        help="Travel from the last prompt back to the first, and a camera to where the first frame is seen "
        "again; the clip is played round and round without a seam.",
    ),
    click.option(
        "--cadence",
        type=Cadence(),
        help="Diffuse only every N-th frame, 1 is all; auto diffuses more of them where the picture changes "
        "more.  [default: auto; about 12 from prompt to prompt where frames hang on each other]",
    ),
    click.option(
        "--pacing",
        type=click.Choice(["linear", "even"]),
        help="Travel evenly in words, or so that the picture changes evenly; prompts keep their frames.  "
        "[default: even; linear with --easing, --hold, --cadence 1, --control, camera, picture or video]",
    ),
    click.option(
        "--inbetween",
        type=click.Choice(INBETWEENS),
        default=ClipSettings.inbetween,
        show_default=True,
        help="Frames between the diffused ones: denoised from their latents, warped, or faded.",
    ),
]


def travelling(command: Command) -> Command:
    """Add the options of the way between prompts."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
