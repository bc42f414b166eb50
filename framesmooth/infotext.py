"""The text that image tools keep in a picture's "parameters": the form of AUTOMATIC1111's web UI.

The prompt, then "Negative prompt: " and that, then one line of "Name: value" with commas between them; a
value with a comma, a colon or a line break in it is a JSON string.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

SAMPLERS: Final = {
    "DPMSolverMultistep": "DPM++ 2M",
    "DPMSolverSinglestep": "DPM++ 2S",
    "DPMSolverSDE": "DPM++ SDE",
    "EulerDiscrete": "Euler",
    "EulerAncestralDiscrete": "Euler a",
    "HeunDiscrete": "Heun",
    "LMSDiscrete": "LMS",
    "KDPM2Discrete": "DPM2",
    "KDPM2AncestralDiscrete": "DPM2 a",
    "DDIM": "DDIM",
    "PNDM": "PLMS",
    "UniPCMultistep": "UniPC",
    "LCM": "LCM",
}
"""diffusers' names of schedulers, and what the web UI calls them."""


def sampler_name(scheduler: str) -> str:
    """Return the web UI's name of a diffusers scheduler, its own where there is none."""
    name = scheduler.removesuffix("Scheduler")
    return SAMPLERS.get(name, name)


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
