"""Names of schedulers, and the settings of few-step models; no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Scheduler:
    """A scheduler of diffusers, and what others call it.

    Attributes:
        kind: the class of diffusers, without "Scheduler".
        webui: its name in AUTOMATIC1111's web UI, which tools that read PNG parameters expect.
        aliases: what settings files call it besides, in lower case.
        settings: what is set differently from the class's defaults.
        flow_kind: the class for models trained by flow matching, None where there is none.
    """

    kind: str
    webui: str
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    flow_kind: str | None = None


SCHEDULERS: Final[dict[str, Scheduler]] = {
    "ddim": Scheduler("DDIM", "DDIM"),
    "ddpm": Scheduler("DDPM", "DDPM"),
    "euler": Scheduler("EulerDiscrete", "Euler", flow_kind="FlowMatchEulerDiscrete"),
    "euler-a": Scheduler("EulerAncestralDiscrete", "Euler a", ("euler ancestral",)),
    "heun": Scheduler("HeunDiscrete", "Heun", flow_kind="FlowMatchHeunDiscrete"),
    "lms": Scheduler("LMSDiscrete", "LMS", ("klms",)),
    "pndm": Scheduler("PNDM", "PLMS"),
    "deis": Scheduler("DEISMultistep", "DEIS"),
    "unipc": Scheduler("UniPCMultistep", "UniPC", ("uni pc",)),
    "dpm2": Scheduler("KDPM2Discrete", "DPM2"),
    "dpm2-a": Scheduler("KDPM2AncestralDiscrete", "DPM2 a", ("dpm2 ancestral",)),
    "dpm++-2m": Scheduler("DPMSolverMultistep", "DPM++ 2M", ("dpmpp 2m",)),
    "dpm++": Scheduler("DPMSolverMultistep", "DPM++ 2M"),
    "dpm++-2s": Scheduler("DPMSolverSinglestep", "DPM++ 2S"),
    "dpm++-karras": Scheduler(
        "DPMSolverMultistep", "DPM++ 2M Karras", ("dpmpp 2m karras",), {"use_karras_sigmas": True}
    ),
    "dpm++-sde": Scheduler(
        "DPMSolverMultistep", "DPM++ 2M SDE", ("dpmpp 2m sde",), {"algorithm_type": "sde-dpmsolver++"}
    ),
    "lcm": Scheduler("LCM", "LCM", flow_kind="FlowMatchLCM"),
    "tcd": Scheduler("TCD", "TCD"),
}
"""The one table of schedulers: short name -> what it is in diffusers and elsewhere."""


def sampler_of(settings: Mapping[str, Any]) -> str | None:
    """Return our name of the sampler of a settings file (web UI, Deforum), None if it is not known."""
    name = str(settings["sampler"]).lower().replace("_", " ").strip()
    if str(settings.get("scheduler", "")).lower() == "karras" and "karras" not in name:
        name += " karras"
    known = {
        called: short
        for short, scheduler in reversed(SCHEDULERS.items())
        for called in (short, scheduler.webui.lower(), *scheduler.aliases)
    }
    return known.get(name)


def webui_sampler(scheduler: str) -> str:
    """Return the web UI's name of a diffusers class, its own name where the web UI has none."""
    kind = scheduler.removesuffix("Scheduler")
    return next((one.webui for one in SCHEDULERS.values() if one.kind == kind), kind)
