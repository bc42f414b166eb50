"""Provenance of a clip: facts of its report, its tags, and the text of its frames."""

import json
from collections.abc import Mapping
from typing import Any

from framesmooth.models.scheduler_spec import webui_sampler
from framesmooth.video.content_credentials import AI_GENERATED, MADE_BY, SOURCE_TYPE
from framesmooth.workflows.generate.model_extensions import extension_names
from framesmooth.workflows.generate.resolved_clip import ResolvedClip


def _guidance(clip: ResolvedClip) -> str:
    ending = f" over {clip.guidance_end:.0%} of the steps" if clip.guidance_end < 1 else ""
    true = clip.settings.sampling.true_cfg_scale
    against = f", {true} against the negative prompt" if true > 1 else ""
    over = None if clip.feedback is None else clip.feedback.guidance_scale
    drawn = "" if over is None else f", {over} where frames are drawn over others"
    return f"{clip.guidance_scale}{ending}{against}{drawn}"


def report_facts(clip: ResolvedClip) -> dict[str, str]:
    """Return what the report says about how the clip came about."""
    return {
        "made by": MADE_BY,
        "prompts": " | ".join(key.prompt for key in clip.timeline.keyframes),
        "seeds": ", ".join(map(str, clip.seeds)),
        "model": clip.model_name,
        "steps": str(clip.steps),
        "guidance scale": _guidance(clip),
        "frames": _frames(clip),
        **extension_names(clip.settings),
    }


def _frames(clip: ResolvedClip) -> str:
    drawn = clip.timeline.num_frames
    told = f"{clip.cascade.length(drawn)} at {clip.cascade.fps} per second"
    return told if clip.cascade.apart == 1 else f"{told}, {drawn} of them drawn"


def clip_tags(clip: ResolvedClip) -> dict[str, str]:
    """Return tags for the clip: how it came about, in words that players show."""
    prompts = " | ".join(prompt.prompt for prompt in clip.settings.prompts)
    return {
        "title": prompts,
        "comment": f"{MADE_BY}; prompt: {prompts}; seed: {', '.join(map(str, clip.seeds))}; "
        f"model: {clip.model_name}; steps: {clip.steps}; guidance scale: {_guidance(clip)}"
        + "".join(f"; {name}: {files}" for name, files in extension_names(clip.settings).items()),
        SOURCE_TYPE: AI_GENERATED,
    }


def frame_tags(clip: ResolvedClip, index: int, loaded: Mapping[str, Any]) -> dict[str, str]:
    """Return the text chunks of a frame's PNG in the run folder.

    ``loaded`` are the facts of the loaded model: its scheduler and the size of the frames.
    """
    return {"parameters": _parameters(clip, index, loaded), SOURCE_TYPE: AI_GENERATED}


def _parameters(clip: ResolvedClip, index: int, loaded: Mapping[str, Any]) -> str:
    """Return the text of a frame's PNG "parameters" chunk, in the form that image tools read."""
    start, end, mix = clip.timeline.at(index)
    keys = clip.timeline.keyframes
    share = f" ({mix:.3f})" if clip.pacing == "linear" else ""  # an even pace is measured later
    prompt = keys[start].prompt if mix == 0 else f"{keys[start].prompt} -> {keys[end].prompt}{share}"
    height, width = loaded["size"]
    scale, ends = clip.guidance_scale, clip.guidance_end
    if clip.feedback is not None and index > 0:
        scale, ends = clip.feedback.guidance_scale or scale, 1.0
    facts = {
        "Steps": clip.steps,
        **({"Sampler": webui_sampler(str(loaded["scheduler"]))} if "scheduler" in loaded else {}),
        "CFG scale": scale,
        "Seed": keys[start].seed,
        "Size": f"{width}x{height}",
        "Model hash": _model_hash(clip)[:10],
        "Model": clip.model_name,
        "CFG end": ends,
        "Frame": index,
        "Version": MADE_BY,
    }
    return infotext(prompt, keys[start].negative, facts)


def _model_hash(clip: ResolvedClip) -> str:
    """Return the SHA-256 (hex) of the denoiser's weights, by which tools tell models apart; "" if unknown."""
    weights = (name for name in clip.model_hashes if name.endswith(".safetensors"))
    denoisers = (name for name in weights if name.startswith(("unet/", "transformer/")))
    first = next(denoisers, "") or next((name for name in clip.model_hashes if "/" not in name), "")
    return clip.model_hashes.get(first, "")


def infotext(prompt: str, negative: str, facts: Mapping[str, Any]) -> str:
    """Return the text; prompts come on one line, so that no part of them is taken for another field."""
    lines = [" ".join(prompt.split())]
    if negative:
        lines.append(f"Negative prompt: {' '.join(negative.split())}")
    lines.append(", ".join(f"{name}: {_value(value)}" for name, value in facts.items()))
    return "\n".join(lines)


def _value(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(',:\n"') else text
