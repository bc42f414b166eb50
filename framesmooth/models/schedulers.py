"""Schedulers by name, with the noise schedule of the model that they are for."""

import inspect
from difflib import get_close_matches
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.models.scheduler_spec import PRESETS, SCHEDULERS

_CONSISTENCY: Final = ("LCMScheduler", "TCDScheduler")
"""Compatible with all that predict noise, though diffusers doesn't list them."""


def choose_scheduler(current: Any, name: str | None, preset: str | None) -> Any:
    """Return the scheduler called ``name``, else that of ``preset``, else ``current``, a model's own.

    With a preset the few steps end where the noise does ("trailing", Lin et al. 2023): the models it is for
    are trained so. Models trained by flow matching keep their own scheduler for a preset.

    Raises:
        UsageError: a name that is unknown, or doesn't fit the model.
    """
    flows = type(current).__name__.startswith("FlowMatch")
    if preset is None or (flows and name is None):
        return current if name is None else _made(current, name, flows, {})
    return _made(
        current, name or PRESETS[preset].scheduler, flows, {} if flows else {"timestep_spacing": "trailing"}
    )


def _made(current: Any, name: str, flows: bool, changed: dict[str, object]) -> Any:
    import diffusers

    by_name = _fitting(current, flows)
    wanted = name.lower().removesuffix("scheduler").replace("_", "-").replace(" ", "-")
    if wanted not in by_name:
        wanted = wanted.replace("-", "")
    if wanted not in by_name:
        near = get_close_matches(wanted, by_name, n=2, cutoff=0.5) or sorted(by_name)
        choices = ", ".join(dict.fromkeys(_shown(one, by_name) for one in near))
        raise UsageError(f"scheduler {name!r} does not fit this model: use {choices}")
    class_name, own = by_name[wanted]
    try:
        kind = getattr(diffusers, class_name)
        accepted = inspect.signature(kind).parameters
        settings = {key: value for key, value in (own | changed).items() if key in accepted}
        # Some clip to [-1, 1] unless told otherwise: right for pixels, wrong for latents.
        if "clip_sample" in accepted and "clip_sample" not in current.config:
            settings["clip_sample"] = False
        return kind.from_config(current.config, **settings)
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"scheduler {name!r} cannot be used here: {reason}") from error


def _fitting(current: Any, flows: bool) -> dict[str, tuple[str, dict[str, object]]]:
    """Return name -> (class, settings) of what fits: short names, and classes in lower case."""
    if flows:
        short: dict[str, tuple[str, dict[str, object]]] = {
            name: (f"{one.flow_kind}Scheduler", {}) for name, one in SCHEDULERS.items() if one.flow_kind
        }
        classes = {kind for kind, _ in short.values()}
    else:
        classes = {kind.__name__ for kind in current.compatibles} | {*_CONSISTENCY, type(current).__name__}
        if type(current).__name__ in _CONSISTENCY:
            classes |= _of_noise()
        short = {
            name: (f"{one.kind}Scheduler", dict(one.settings))
            for name, one in SCHEDULERS.items()
            if f"{one.kind}Scheduler" in classes
        }
    return {kind.lower().removesuffix("scheduler"): (kind, {}) for kind in sorted(classes)} | short


def _of_noise() -> set[str]:
    from diffusers import DDIMScheduler

    return {kind.__name__ for kind in DDIMScheduler().compatibles}


def _shown(name: str, by_name: dict[str, tuple[str, dict[str, object]]]) -> str:
    return name if name in SCHEDULERS else by_name[name][0].removesuffix("Scheduler")


def use_scheduler(pipe: Any, scheduler: Any) -> None:
    """Have a pipeline of diffusers sample by another scheduler.

    Assigned in the usual way its class goes into the pipeline's configuration, for which diffusers imports
    PyTorch's compiler and PEFT.
    """
    object.__setattr__(pipe, "scheduler", scheduler)
