"""The options of ``generate`` that move a camera, or begin with pictures."""

from pathlib import Path
from typing import Any, Final

import click

from framesmooth.cli.options.common import Command
from framesmooth.generation.specs import DEFAULT_STRENGTH, DEFAULT_VIDEO_STRENGTH
from framesmooth.motion.camera.moves import Moves
from framesmooth.workflows.generate.settings import ClipSettings

_MOVES: Final = {
    "zoom": "Factor a frame by which the picture grows: 1.02 goes in, 0.98 out.",
    "pan_x": "Pixels a frame that the picture moves to the right (Deforum's translation_x).",
    "pan_y": "Pixels a frame that the picture moves down (Deforum's translation_y).",
    "roll": "Degrees a frame that the picture turns counter-clockwise (Deforum's angle).",
    "translate_z": "Percent of the way to the picture that the camera approaches it a frame.",
    "rotate_3d_x": "Degrees a frame that the camera turns upwards, in perspective.",
    "rotate_3d_y": "Degrees a frame that the camera turns to the right, in perspective.",
}


def moving(command: Command) -> Command:
    """Add one option for each of the camera's moves, and those that begin with pictures."""
    moves = [
        click.option(f"--{name.replace('_', '-')}", metavar="SCHEDULE", help=text)
        for name, text in _MOVES.items()
    ]
    others = [
        click.option(
            "--strength",
            metavar="SCHEDULE",
            help="Share of the steps that draw a frame anew from the one before, or the video's, 0 to 1; "
            "Deforum counts what is kept. Given alone, it draws every frame from the one before.  "
            f"[default: {DEFAULT_STRENGTH}; video {DEFAULT_VIDEO_STRENGTH}]",
        ),
        click.option(
            "--depth-model",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="A model of transformers that tells depth, as DPT or Depth Anything: what is near moves "
            "more then.  [default: the picture is a plane]",
        ),
        click.option(
            "--color-anchor",
            type=click.FloatRange(0, 1),
            default=ClipSettings.color_anchor,
            show_default=True,
            help="How strictly the colours stay those of the first frame, where frames are drawn so.",
        ),
        click.option(
            "--noise-renewal",
            type=click.FloatRange(0, 1),
            default=ClipSettings.noise_renewal,
            show_default=True,
            help="Share of the noise that is new for each frame drawn so; the rest moves along with the "
            "picture, where texture sticks better, and outlines grow from frame to frame.",
        ),
        click.option(
            "--init-image",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A picture as the first frame, cropped to the size; the others are drawn from it.",
        ),
        click.option(
            "--last-image",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A picture as the last frame: the clip leads to it, from --init-image if that is given too; "
            "without a camera or --loop.",
        ),
        click.option(
            "--init-video",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="A video, or a folder of pictures, to restyle: taken at --fps and cropped to the size.",
        ),
    ]
    for option in reversed(moves + others):
        command = option(command)
    return command


def moves_in(settings: dict[str, Any]) -> Moves | None:
    """Take the camera's moves out of the options; None where there is none of them."""
    asked = {name: settings.pop(name) for name in _MOVES}
    given = {name: value for name, value in asked.items() if value is not None}
    return Moves(**given) if given else None
