"""``framesmooth schedule``: the values of a schedule, frame by frame."""

import json
import re
import shutil
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from framesmooth.cli import types
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.frames import DEFAULT_FPS
from framesmooth.limits import MAX_FRAMES

if TYPE_CHECKING:
    from framesmooth.timeline.schedule import Heard, Schedule

_BARS: Final = "▁▂▃▄▅▆▇█"
_MOST_ROWS: Final = 24


@click.command(cls=HeadedCommand)
@click.argument("text", metavar="[SCHEDULE]", required=False)
@headed_option(
    "--camera",
    "words",
    heading=EVERYDAY,
    metavar="WORDS",
    help="Show the schedules of a camera's moves in words instead, such as 'slow dolly in, pan left'.",
)
@headed_option(
    "--size",
    heading=EVERYDAY,
    metavar="WIDTHxHEIGHT",
    default="384x216",
    show_default=True,
    help="Size of the frames in pixels, for --camera.",
)
@headed_option(
    "--audio",
    heading=EVERYDAY,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sound that the schedule follows by beat, onset, rms, low, mid, high, beat_phase, bar and bpm.",
)
@headed_option(
    "--frames",
    heading=EVERYDAY,
    type=click.IntRange(1, MAX_FRAMES),
    default=48,
    show_default=True,
    help="Frames of the clip.",
)
@headed_option(
    "--fps",
    heading=EVERYDAY,
    type=types.Rate(),
    default=DEFAULT_FPS,
    show_default=True,
    help="Frames per second.",
)
@headed_option(
    "--seed", heading=EVERYDAY, type=int, default=0, show_default=True, help="The seed, the variable s."
)
@headed_option(
    "--every",
    heading=EVERYDAY,
    type=click.IntRange(min=1),
    help="A row for every N-th frame.  [default: about 20 rows]",
)
@headed_option(
    "--json", "as_json", heading=EVERYDAY, is_flag=True, help="Print the value of every frame as JSON."
)
def schedule(
    text: str | None,
    words: str | None,
    size: str,
    audio: Path | None,
    frames: int,
    fps: Fraction,
    seed: int,
    every: int | None,
    as_json: bool,
) -> None:
    """Check SCHEDULE and show its values: as a line of bars, and as a table.

    SCHEDULE is a number, or "frame: value, frame: value" with linear interpolation between them: "0:(1.0),
    30:(1.5)". "30 hold:(2)" keeps its value up to the next key, key -1 is the last frame, +10 comes ten
    after the key before. Values may be expressions of t (the frame), max_f (the last one), fps, s (the
    seed), pi and e with sin cos tan sqrt exp log abs floor ceil min max where.

    \b
    Examples:
      framesmooth schedule "0:(1.0), 30:(1.5)" --frames 60
      framesmooth schedule "0:(1 + 0.02*sin(2*pi*t/fps))" --frames 48 --fps 12
      framesmooth schedule "0: 0.3, 24 hold: 0.8, -1: 0.3" --every 1 --json
      framesmooth schedule "1 + 0.04*beat" --audio song.mp3
      framesmooth schedule --camera "slow dolly in, pan left" --frames 48
    """
    from framesmooth.errors import UsageError
    from framesmooth.timeline.expression import ScheduleError
    from framesmooth.timeline.schedule import Schedule

    if (text is None) == (words is None):
        raise UsageError("give either a SCHEDULE, or the words of a camera after --camera")
    if words is not None:
        _show_camera(words, frames, fps, _size(size), as_json=as_json)
        return
    assert text is not None
    try:
        parsed = Schedule.parse(text, frames, fps, seed=seed, heard=_heard(audio, frames, fps))
        values = parsed.values(frames)
    except ScheduleError as error:
        _point_at(text, error.column)
        raise
    late = [key.frame for key in parsed.keys if key.frame >= frames]
    if late:
        listed = ", ".join(map(str, late))
        click.echo(f"warning: the clip ends at frame {frames - 1}, before the key at {listed}", err=True)
    if as_json:
        click.echo(json.dumps({"schedule": text, "fps": str(fps), "values": values}, ensure_ascii=False))
        return
    _print_summary(values)
    _print_table(parsed, values, every)


def _heard(audio: Path | None, frames: int, fps: Fraction) -> "Heard | None":
    """Return the variables of a sound at every frame."""
    if audio is None:
        return None
    from framesmooth.sound.listening import listen
    from framesmooth.sound.variables import variables_of

    return variables_of(listen(audio), frames, fps)


def _size(text: str) -> tuple[int, int]:
    """Return (height, width) of a size such as 384x216."""
    from framesmooth.errors import UsageError
    from framesmooth.limits import MAX_SIDE

    match = re.fullmatch(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", text)
    if match is None or not all(1 <= int(side) <= MAX_SIDE for side in match.groups()):
        raise UsageError(f"--size {text[:40]!r} is no size: write it as 384x216")
    return int(match[2]), int(match[1])


def _show_camera(words: str, frames: int, fps: Fraction, size: tuple[int, int], *, as_json: bool) -> None:
    """Print each schedule that ``words`` stand for as the option that gives the same, and its course."""
    from framesmooth.timeline.camera_words import camera_schedules
    from framesmooth.timeline.schedule_values import values_of

    found = camera_schedules(words, num_frames=frames, fps=fps, size=size)
    if as_json:
        click.echo(json.dumps({"camera": words, "fps": str(fps), "schedules": found}, ensure_ascii=False))
        return
    if not found:
        click.echo("the camera stands still")
    for name, text in found.items():
        option = f"--{name.replace('_', '-')}"
        click.echo(f'{option} "{text}"')
        _print_summary(values_of(option, text, frames, fps))


def _point_at(text: str, column: int) -> None:
    """Show the part of the text around a column, and an arrow below it."""
    width = 72
    start = max(0, min(column - 1 - width // 2, len(text) - width))
    shown = "".join(" " if character.isspace() else character for character in text[start : start + width])
    click.echo(f"  {shown}\n  {' ' * (column - 1 - start)}^", err=True)


def _print_summary(values: Sequence[float]) -> None:
    low, high = min(values), max(values)
    click.echo(sparkline(values, min(len(values), shutil.get_terminal_size().columns)))
    if low == high:
        click.echo(f"always {low:.6g}")
    else:
        extremes = (f"{name} {value:.6g} at frame {values.index(value)}" for name, value in
                    (("least", low), ("most", high)))  # fmt: skip
        click.echo(f"{', '.join(extremes)}, mean {sum(values) / len(values):.6g}")


def sparkline(values: Sequence[float], width: int) -> str:
    """Return ``width`` bars, each as high as the mean of the frames it stands for."""
    edges = [round(place * len(values) / width) for place in range(width + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, span = min(means), max(means) - min(means)
    top = len(_BARS) - 1
    return "".join(_BARS[round(top * (mean - low) / span) if span else top // 2] for mean in means)


def _print_table(parsed: "Schedule", values: Sequence[float], every: int | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    fps = parsed.variables["fps"]
    keys = {key.frame: key for key in parsed.keys}
    step = every or -(-len(values) // _MOST_ROWS)
    wanted = {*range(0, len(values), step), len(values) - 1} | {key for key in keys if key < len(values)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("frame", "seconds", "value"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("key")
    for frame in sorted(wanted):
        key = keys.get(frame)
        written = "" if key is None else f"{key.value.text}{', held' if key.hold else ''}"
        table.add_row(str(frame), f"{frame / fps:.2f}", f"{values[frame]:.6g}", written)
    Console(highlight=False, markup=False).print(table)
