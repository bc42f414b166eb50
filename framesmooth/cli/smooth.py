"""``framesmooth smooth``: a clip becomes a steadier one."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth import defaults
from framesmooth.cli.options import common
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.video import Reading


@click.command()
@click.argument("source", metavar="IN")
@common.output
@click.option(
    "-s",
    "--strength",
    default=str(defaults.STRENGTH),
    show_default=True,
    help="0 changes nothing, 1 is strongest; or a schedule over the frames, as '0:(0.3), 48:(0.9)'.",
)
@click.option(
    "--method",
    type=click.Choice(names("smoother")),
    default="trajectory",
    show_default=True,
    help="trajectory is the best one; ema is quicker and softer, poisson keeps fine structure, "
    "deflicker only evens out exposure and colour, all of it from a strength of 0.5 on.",
)
@click.option(
    "--flow",
    type=click.Choice(common.FLOWS),
    help="How motion is estimated for smoothing.  [default: the method's own]",
)
@common.flow_weights
@click.option(
    "--guide",
    metavar="CLIP",
    help="Take the motion from this clip, as long as IN: what a stylised video was made from.",
)
@click.option(
    "--loop/--no-loop",
    default=None,
    help="IN is a loop: smooth from its last frame on to its first, too.  [default: as a run was made]",
)
@click.option(
    "--measure/--no-measure",
    "measured",
    default=True,
    show_default=True,
    help="Measure the flicker before and after, and print the table.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable,
    help="Write report.html, metrics.json, .csv and .png, and a strip of frames before and after into DIR.",
)
@common.no_audio
@common.fps
@common.frame_range
@common.reading
@common.encoding
@common.json_file
@common.common
def smooth(
    source: str,
    output: str,
    strength: str,
    method: str,
    flow: str | None,
    flow_weights: Path | None,
    guide: str | None,
    loop: bool | None,
    measured: bool,
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
    """Take the flicker out of IN: a video, an animation, a folder of frames or a run folder.

    Prints the flicker before and after. Sound and tags go along. The clip appears under its name only when it
    is complete.

    \b
    Examples:
      framesmooth smooth flickering.mp4 -o steady.mp4
      framesmooth smooth flickering.mp4 -o steady.mp4 --strength 0.9
      framesmooth smooth flickering.mp4 -o steady.mp4 --strength "0:(0.2), 48:(0.9)"
      framesmooth smooth flickering.mp4 -o steady.mp4 --report report/
      framesmooth smooth loop.webp -o steady.webp --loop
      framesmooth smooth stylised.mp4 -o steady.mp4 --guide filmed.mp4
      framesmooth smooth frames/ -o steady/ --method ema
      framesmooth smooth clip.framesmooth -o clip2.webm --strength 0.3 --crf 24
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.cli.tables import print_comparison
    from framesmooth.reports import Strip, write_report
    from framesmooth.runs.open_clip import keyframes_and_jumps, open_clip, requested_settings
    from framesmooth.smoothing.base import create_smoother, scheduled
    from framesmooth.smoothing.keyframe_hints import with_keyframe_hints
    from framesmooth.smoothing.loop import looped
    from framesmooth.video import check_output, open_sink
    from framesmooth.video.atomic import remove_all_leftovers
    from framesmooth.video.resize import matched
    from framesmooth.workflows.clip_steps import (
        check_not_input,
        copy_clip,
        smooth_clip,
        tell_what_changes,
    )
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep
    from framesmooth.workflows.smooth_run import can_keep, smooth_run

    for option, asked in (("--report", report), ("--json", json_file)):
        if asked is not None and not measured:
            raise click.UsageError(
                f"{option} needs the metrics that --no-measure leaves out: drop one of them"
            )
    if flow is None and flow_weights is not None:
        raise click.UsageError("--flow-weights goes with --flow raft")
    check_not_input(source, output)
    if report is not None:
        remove_all_leftovers(report)
    check_output(output, overwrite=encoding["overwrite"])
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, reading=reading)
    choices: dict[str, Any] = {} if flow is None else {"flow": common.chosen_flow(flow, flow_weights)}
    if guide is not None:
        opened = open_clip(Path(guide), fps=fps, frame_range=frame_range, reading=reading)
        choices["guide"] = matched(opened, clip.size, f"the guide {Path(guide).name}")
    smoother = create_smoother(method, scheduled(strength, clip), **choices)
    smoother = with_keyframe_hints(smoother, *keyframes_and_jumps(Path(source), frame_range))
    if loop is None:  # a guide and a part of a clip are no loops
        loop = guide is None and frame_range is None and bool(requested_settings(Path(source)).get("loop"))
    described = repr(smoother) if guide is None else f"{smoother!r} guided by {Path(guide).name}"
    tags = tags_to_keep(Path(source), f"smoothed by framesmooth: {described}")
    strip = None if report is None else Strip()
    with (
        progress_listener(progress) as emit,
        open_sink(
            output,
            fps=clip.fps,
            size=clip.size,
            audio=None if no_audio else audio or audio_to_keep(Path(source), output, frame_range, emit),
            metadata=tags,
            **encoding,
        ) as sink,
    ):
        if guide is not None:
            tell_what_changes(choices["guide"], emit)
        on_pair = None if strip is None else strip.add
        whole = measured and guide is None and frame_range is None and fps is None
        run = can_keep(Path(source)) if whole else None
        if run is None:
            smoother = looped(smoother, clip) if loop else smoother
            reports = smooth_clip(clip, smoother, sink, emit, measured=measured, on_pair=on_pair)
        else:
            with run.locked():
                kept = smooth_run(run, smoother, emit, fps=clip.fps, on_pair=on_pair, loop=loop)
                copy_clip(kept.frames, sink, emit)
            reports = kept.before, kept.after
    if reports is not None:
        before, after = reports
        if report is not None:
            facts = {"smoother": described}
            write_report(report, before, after, title=Path(source).name, strip=strip, facts=facts)
        if common.write_json(json_file, {"before": before.as_dict(), "after": after.as_dict()}):
            return
        print_comparison(before, after)
    click.echo(output)
