"""``framesmooth tune``: the strength that a clip needs is found, and the clip smoothed with it."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.registry import FLOWS, names

if TYPE_CHECKING:
    from framesmooth.tuning.search import SmootherConfig
    from framesmooth.video import Reading


@click.command()
@click.argument("source", metavar="IN")
@common.output
@click.option(
    "--max-detail-loss",
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    help="Share of the fine detail that smoothing may cost; what flickered doesn't count as detail.",
)
@click.option(
    "--target",
    metavar="NAME=VALUE",
    help="Take the gentlest strength that brings warping_error, luma_flicker or flicker down to VALUE.",
)
@click.option(
    "--method",
    type=click.Choice(names("smoother")),
    default="trajectory",
    show_default=True,
    help="The smoother whose strength is found.",
)
@click.option(
    "--flow",
    type=click.Choice(names("flow")),
    help="How motion is estimated for smoothing.  [default: the method's own]",
)
@click.option("--deep", is_flag=True, help="Try other methods and flows, too: some ten times the search.")
@click.option("--per-segment", is_flag=True, help="Give every shot between two cuts a strength of its own.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop the search after so many seconds and take the best so far.  [default: no limit]",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable,
    help="Where report.html, pareto.png and the figures go.  [default: beside OUT, as OUT.tuning]",
)
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
def tune(
    source: str,
    output: str,
    max_detail_loss: float,
    target: str | None,
    method: str,
    flow: str | None,
    deep: bool,
    per_segment: bool,
    budget: float | None,
    report: Path | None,
    no_audio: bool,
    fps: Fraction | None,
    frame_range: tuple[int, int | None] | None,
    reading: "Reading",
    audio: str | None,
    json_file: str | None,
    progress: str,
    **encoding: Any,
) -> None:
    """Find the strength that takes most flicker out of IN at the least harm, and smooth IN with it.

    Strengths are tried on a sample, where the clip flickers most and where it moves most; the whole clip is
    smoothed once. A clip without flicker, or one with nothing to follow, is left as it is, and it is said
    why. Ctrl-C in the search takes the best so far. Prints the command line that makes the same clip.

    \b
    Examples:
      framesmooth tune flickering.mp4 -o steady.mp4
      framesmooth tune flickering.mp4 -o steady.mp4 --max-detail-loss 0.01
      framesmooth tune flickering.mp4 -o steady.mp4 --target warping_error=0.5
      framesmooth tune film.mp4 -o steady.mp4 --per-segment --budget 60
      framesmooth tune flickering.mp4 -o steady.mp4 --deep --json tuned.json
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_comparison
    from framesmooth.events import Notice
    from framesmooth.reports import Strip
    from framesmooth.reports.tuning import write_tuning
    from framesmooth.runs.open_clip import keyframes_and_jumps, open_clip
    from framesmooth.smoothing.keyframe_hints import with_keyframe_hints
    from framesmooth.tuning.search import Goal
    from framesmooth.tuning.tuner import parse_target, tune_clip
    from framesmooth.video import check_output, open_sink
    from framesmooth.video.atomic import remove_all_leftovers
    from framesmooth.workflows.clip_steps import check_not_input, smooth_clip
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep

    metric, value = (None, 0.0) if target is None else parse_target(target)
    goal = Goal(max_detail_loss=max_detail_loss, metric=metric, target=value)
    check_not_input(source, output)
    path = Path(output)
    folder = report or path.with_name(f"{path.stem}.tuning")
    remove_all_leftovers(folder)
    check_output(output, overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, reading=reading)
    strip = Strip()
    with progress_listener(progress) as emit:
        tuning = tune_clip(
            clip,
            emit,
            goal=goal,
            setups=_setups(method, flow, deep=deep),
            per_segment=per_segment,
            budget=budget,
        )
        emit(Notice(tuning.verdict))
        smoother = with_keyframe_hints(tuning.smoother(clip), *keyframes_and_jumps(Path(source), frame_range))
        with open_sink(
            output,
            fps=clip.fps,
            size=clip.size,
            audio=None if no_audio else audio or audio_to_keep(Path(source), output, frame_range, emit),
            metadata=tags_to_keep(Path(source), f"smoothed by framesmooth: {smoother!r}"),
            **encoding,
        ) as sink:
            reports = smooth_clip(clip, smoother, sink, emit, on_pair=strip.add)
    assert reports is not None  # they are, unless it is told not to measure
    before, after = reports
    command = tuning.command(source, output, _asked(fps, frame_range, reading))
    content = tuning.as_dict() | {
        "command": command,
        "output": output,
        "report": str(folder),
        "before": before.as_dict(),
        "after": after.as_dict(),
    }
    write_tuning(folder, tuning, before, after, title=Path(source).name, strip=strip, command=command)
    if common.write_json(json_file, content):
        return
    print_comparison(before, after)
    click.echo(tuning.verdict)
    click.echo(f"the same again: {command}")
    click.echo(f"how it was found: {folder / 'report.html'}")
    click.echo(output)


def _setups(method: str, flow: str | None, *, deep: bool) -> "list[SmootherConfig]":
    """Return what is tried: the setup asked for, and with --deep every other method and flow."""
    from framesmooth.tuning.search import SmootherConfig

    asked = SmootherConfig(method=method, flow=flow)
    if not deep:
        return [asked]
    others = [SmootherConfig(method=name, flow=flow) for name in names("smoother")]
    if flow is None:  # those that need weights, and the slowest one, are for who asks for them
        others += [SmootherConfig(method=method, flow=name) for name in FLOWS if name != "deepflow"]
    return list(dict.fromkeys([asked, *others]))


def _asked(fps: Fraction | None, frame_range: tuple[int, int | None] | None, reading: "Reading") -> list[str]:
    """Return the options that decide what of the input is smoothed, and how it is read."""
    words = [] if fps is None else ["--fps", str(fps)]
    if frame_range is not None:
        start, stop = frame_range
        words += ["--frame-range", f"{start}:{'' if stop is None else stop}"]
    return words + common.reading_words(reading)
