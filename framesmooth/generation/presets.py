"""Settings of models that need few steps, and the names of schedulers that people use. No torch."""

from dataclasses import dataclass
from typing import Final


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
