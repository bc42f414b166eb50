"""What a user of a video pipeline should know before its work begins."""

from collections.abc import Iterator
from typing import Final

from framesmooth.events import Notice, listed
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.video_segments import Segment, segments_of
from framesmooth.models.prompt_weighting_spec import parse_weights, plain
from framesmooth.models.video_model import VideoModel
from framesmooth.timeline.timeline import Timeline

_SHOWN_WORDS: Final = 6
"""Of a prompt that is cut."""


def native_notices(
    name: str,
    model: VideoModel,
    timeline: Timeline,
    plan: NativeVideo,
    sampling: SamplingSpec,
    size: tuple[int, int],
    denoised: tuple[int, int],
) -> Iterator[Notice]:
    """Yield what a model called ``name`` doesn't do, and how it makes a clip of its segments.

    Args:
        name: what the user calls it.
        model: the pipeline.
        timeline: the prompts.
        plan: what the clip starts from.
        sampling: how it is sampled.
        size: (height, width) of the frames.
        denoised: (height, width) that the pipeline generates.
    """
    family, segments = model.family, segments_of(timeline, model.family, plan.start)
    if denoised != size:
        sizes = [f"{width}x{height}" for height, width in (size, denoised)]
        multiple = family.size_multiple
        yield Notice(f"{sizes[0]} is cropped from {sizes[1]}: sides of {name} are multiples of {multiple}")
    asked = sum(len(segment.frames) for segment in segments)
    made = sum(family.frame_rule.up(segment.generated) for segment in segments)
    if made > asked + sum(segment.leads_on for segment in segments):
        clips = "" if len(segments) == 1 else f" in {len(segments)} segments"
        yield Notice(
            f"{asked} frames are cut from {made}{clips}: {name} generates {family.frame_rule} frames"
        )
    yield from _on_segments(name, segments, plan, model)
    prompts = dict.fromkeys(key.prompt for key in timeline.keyframes)
    if not family.reads_prompts:
        if any(prompts):
            yield Notice(f"{name}, a {family.title} model, reads no prompt: the image decides", warning=True)
        return
    if any(key.negative for key in timeline.keyframes) and not family.negates(
        sampling.guidance_scale, sampling.true_cfg_scale
    ):
        option = "--true-cfg-scale" if family.true_guidance else "--guidance-scale"
        yield Notice(f"{name} ignores negative prompts without {option} above 1", warning=True)
    if any(span.weight != 1 for prompt in prompts for span in parse_weights(prompt)):
        yield Notice(
            f"{name}, a {family.title} model, weighs no words: (word:1.3) is read as word", warning=True
        )
    for prompt in prompts:
        lost = model.cut_off(prompt).split()
        if lost:
            start = " ".join(lost[:_SHOWN_WORDS]) + (" ..." if len(lost) > _SHOWN_WORDS else "")
            told = f"the prompt is too long for the model: it ignores the last {len(lost)} of "
            yield Notice(f"{told}{len(plain(prompt).split())} words, from {start!r} on", warning=True)


def _on_segments(
    name: str, segments: tuple[Segment, ...], plan: NativeVideo, model: VideoModel
) -> Iterator[Notice]:
    family = model.family
    borders = [segment.frames.start for segment in segments[1:]]
    longest = max(segment.generated for segment in segments)
    if borders and all(segment.leads_on for segment in segments[1:]):
        yield Notice(f"{len(segments)} segments, each from the last frame before it: at {listed(borders)}")
    elif borders and plan.start == "video":
        yield Notice(
            f"the video is restyled in {len(segments)} parts of up to {family.longest} frames, which may not "
            f"match at {listed(borders)}",
            warning=True,
        )
    elif borders:
        yield Notice(
            f"{name}, a {family.title} model, starts from no image, so that the clip cuts to something new "
            f"at {listed(borders)}",
            warning=True,
        )
    if longest > family.longest:
        yield Notice(
            f"{longest} frames at once are more than the {family.longest} that {name} was trained for",
            warning=True,
        )
