"""``framesmooth listen``: tempo, beats, onsets and loudness of a sound, which schedules can follow."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.listen import ListenSettings

if TYPE_CHECKING:
    from framesmooth.sound.listening import Listening

_MOST_ROWS = 24


@click.command(cls=HeadedCommand)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@options_of(ListenSettings)
@common.json_file
def listen(file: Path, json_file: str | None, **settings: Any) -> None:
    """Analyse a sound file, or the sound of a film: tempo, beats, onsets and loudness.

    Beat trackers often find half or twice the tempo: correct it with --bpm and --beat-offset. --fps prints
    the variables by which schedules of generate --audio follow the sound.

    \b
    Examples:
      framesmooth listen song.mp3
      framesmooth listen song.mp3 --fps 12 --plot beats.png
      framesmooth listen song.mp3 --bpm 92 --beat-offset 0.35 --json -
    """
    from framesmooth.errors import UsageError
    from framesmooth.sound.listening import listen as hear
    from framesmooth.sound.variables import variables_of
    from framesmooth.workflows.outputs import check_files

    asked = ListenSettings(**settings)
    if asked.plot is not None and asked.plot.suffix.lower() != ".png":
        raise UsageError(f"{asked.plot} is no .png file: give --plot such a name")
    check_files([file], [asked.plot, common.json_path(json_file)], overwrite=asked.overwrite)
    heard = hear(file, bpm=asked.bpm, beat_offset=asked.beat_offset)
    found, fps = heard.as_dict(), asked.fps
    frames = 0 if fps is None else max(1, int(heard.seconds * float(fps)))
    variables = {} if fps is None else variables_of(heard, frames, fps, asked.release)
    if asked.plot is not None:
        from framesmooth.reports.sound_plot import write_sound_plot

        write_sound_plot(asked.plot, heard)
    if common.write_json(json_file, found | ({"fps": str(fps), "variables": variables} if variables else {})):
        return
    for line in _words(heard):
        click.echo(line)
    if fps is not None:
        _print_table(variables, float(fps))
    if asked.plot is not None:
        click.echo(asked.plot)


def _words(heard: "Listening") -> list[str]:
    """Return the analysis in a few lines."""
    if heard.is_silent:
        return [f"{heard.seconds:.1f} s of silence"]
    beats, loudness = heard.beats, heard.loudness
    lines = [f"{heard.seconds:.1f} s, {len(heard.onsets[0])} onsets"]
    if beats.bpm is None:
        lines.append("no beat found")
    else:
        doubt = "" if beats.certainty >= 0.2 else ", hardly a regular one"
        first, last = (f"{float(beats.times[place]):.2f}" for place in (0, -1))
        counted = f"{len(beats.times)} beats from {first} to {last} s"
        lines.append(f"{beats.bpm:.1f} beats a minute{doubt}: {counted}")
    if loudness.integrated is not None and loudness.peak is not None:
        lines.append(f"loudness {loudness.integrated:.1f} LUFS, true peak {loudness.peak:.1f} dB")
    return lines


def _print_table(variables: dict[str, list[float]], fps: float) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown = {name: values for name, values in variables.items() if name != "bpm"}  # the same at every frame
    for name in ("frame", "time", *shown):
        table.add_column(name, justify="right", no_wrap=True)
    count = len(variables["beat"])
    step = -(-count // _MOST_ROWS)
    for frame in range(0, count, step):
        cells: list[Any] = [f"{values[frame]:.2f}".removesuffix(".00") for values in shown.values()]
        table.add_row(str(frame), f"{frame / fps:.2f}", *cells)
    Console(highlight=False, markup=False).print(table)
