"""Names of schedulers, and the settings of few-step models; no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Preset:
    """Steps, guidance and scheduler for distilled models; flow-matching ones keep their scheduler."""

    steps: int
    guidance_scale: float
    scheduler: str


PRESETS: Final[dict[str, Preset]] = {
    "turbo": Preset(4, 1.0, "euler-a"),  # adversarial diffusion distillation, Sauer et al. 2023
    "lcm": Preset(4, 1.0, "lcm"),  # latent consistency, and its LoRAs, Luo et al. 2023
    "lightning": Preset(4, 1.0, "euler"),  # progressive adversarial distillation, Lin et al. 2024
}

SCHEDULERS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "ddim": ("DDIM", {}),
    "ddpm": ("DDPM", {}),
    "euler": ("EulerDiscrete", {}),
    "euler-a": ("EulerAncestralDiscrete", {}),
    "heun": ("HeunDiscrete", {}),
    "lms": ("LMSDiscrete", {}),
    "pndm": ("PNDM", {}),
    "deis": ("DEISMultistep", {}),
    "unipc": ("UniPCMultistep", {}),
    "dpm2": ("KDPM2Discrete", {}),
    "dpm2-a": ("KDPM2AncestralDiscrete", {}),
    "dpm++": ("DPMSolverMultistep", {}),
    "dpm++-2m": ("DPMSolverMultistep", {}),
    "dpm++-karras": ("DPMSolverMultistep", {"use_karras_sigmas": True}),
    "dpm++-sde": ("DPMSolverMultistep", {"algorithm_type": "sde-dpmsolver++"}),
    "lcm": ("LCM", {}),
    "tcd": ("TCD", {}),
}
"""Short name -> the class of diffusers without "Scheduler", and what is set differently."""

FLOW_SCHEDULERS: Final = {
    "euler": "FlowMatchEulerDiscrete",
    "heun": "FlowMatchHeunDiscrete",
    "lcm": "FlowMatchLCM",
}
"""Short name -> the class for models trained by flow matching."""

SAMPLERS: Final = {
    "ddim": "ddim", "ddpm": "ddpm", "euler": "euler", "euler a": "euler-a", "euler ancestral": "euler-a",
    "heun": "heun", "lms": "lms", "klms": "lms", "plms": "pndm", "dpm2": "dpm2", "dpm2 a": "dpm2-a",
    "dpm2 ancestral": "dpm2-a", "dpm++ 2m": "dpm++-2m", "dpmpp 2m": "dpm++-2m",
    "dpm++ 2m karras": "dpm++-karras", "dpm++ 2m sde": "dpm++-sde", "dpmpp 2m sde": "dpm++-sde",
    "unipc": "unipc", "uni pc": "unipc", "lcm": "lcm",
}  # fmt: skip
"""Sampler of AUTOMATIC1111's interface or of the notebook, in lower case -> ours."""


def sampler_of(settings: Mapping[str, Any]) -> str | None:
    """Return our name of the sampler of a settings file, None if it is not known."""
    name = str(settings["sampler"]).lower().replace("_", " ").strip()
    if str(settings.get("scheduler", "")).lower() == "karras" and "karras" not in name:
        name += " karras"
    return SAMPLERS.get(name)
