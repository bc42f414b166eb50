"""``framesmooth smooth``: a clip becomes a steadier one."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from framesmooth import defaults
from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.registry import names


@click.command(cls=HeadedCommand)
@click.argument("source", metavar="IN")
@common.output
@headed_option(
    "-s",
    "--smooth-strength",
    "strength",
    formerly=("--strength",),
    heading=EVERYDAY,
    default=str(defaults.STRENGTH),
    show_default=True,
    metavar="STRENGTH",
    help="How much flicker is removed, 0 to 1; 0 changes nothing. Or a schedule: '0:(0.3), 48:(0.9)'.",
)
@headed_option(
    "--smoother",
    "method",
    formerly=("--method",),
    heading=EVERYDAY,
    type=click.Choice(names("smoother")),
    default="trajectory",
    show_default=True,
    help="Method that removes flicker. trajectory removes most for the detail it costs; ema is faster and "
    "softer; poisson keeps fine structure; deflicker only evens out exposure and colour.",
)
@headed_option(
    "--flow",
    heading=common.MOTION,
    type=click.Choice(common.FLOWS),
    help="Optical flow estimator for smoothing.  [default: the smoother's own]",
)
@common.flow_weights
@headed_option(
    "--guide",
    heading=common.MOTION,
    metavar="CLIP",
    help="Estimate the motion on this clip of the same length and size: the footage of a stylised IN.",
)
@headed_option(
    "--loop/--no-loop",
    heading=common.SMOOTHING,
    default=None,
    help="IN is a loop: smooth from its last frame on to its first, too.  [default: as a run was made]",
)
@headed_option(
    "--measure/--no-measure",
    "measured",
    heading=common.REPORTS,
    default=True,
    show_default=True,
    help="Measure the flicker before and after, and print the table.",
)
@headed_option(
    "--report",
    heading=common.REPORTS,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    callback=common.writable_folder,
    help="Write report.html, metrics.json, .csv and .png, and a strip of frames before and after into DIR.",
)
@common.no_audio
@common.fps
@common.frame_range
@common.strict
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
    strict: bool,
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
      framesmooth smooth flickering.mp4 -o steady.mp4 --smooth-strength 0.9
      framesmooth smooth flickering.mp4 -o steady.mp4 --smooth-strength "0:(0.2), 48:(0.9)"
      framesmooth smooth flickering.mp4 -o steady.mp4 --report report/
      framesmooth smooth loop.webp -o steady.webp --loop
      framesmooth smooth stylised.mp4 -o steady.mp4 --guide filmed.mp4
      framesmooth smooth frames/ -o steady/ --smoother ema
      framesmooth smooth clip.framesmooth -o clip2.webm --smooth-strength 0.3 --crf 24
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
    from framesmooth.workflows.clip_steps import check_not_input, copy_clip, smooth_clip
    from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep, uneven_for
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
    uneven = uneven_for(audio, no_audio=no_audio)
    clip = open_clip(Path(source), fps=fps, frame_range=frame_range, uneven=uneven, strict=strict)
    choices: dict[str, Any] = {} if flow is None else {"flow": common.chosen_flow(flow, flow_weights)}
    if guide is not None:
        choices["guide"] = open_clip(Path(guide), fps=fps, frame_range=frame_range, strict=strict)
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
            audio=audio_to_keep(Path(source), output, clip, emit, audio=audio, no_audio=no_audio),
            metadata=tags,
            **encoding,
        ) as sink,
    ):
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
