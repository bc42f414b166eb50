"""The default smoother with one of its steps turned off or replaced.

Steps are patched from here, so that the product carries no switches that only a benchmark needs. A step that
has gone from the product makes its variant raise AttributeError, and its line in the table says so.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np

from framesmooth.motion.warping import backward_warp
from framesmooth.smoothing.trajectory import pyramid, registration, smoother

Change = Callable[[Any], Any]
"""Takes what a module's attribute is and returns what stands in for it."""


@dataclass(frozen=True)
class Variant:
    """What is different: attributes of modules, and settings of the smoother."""

    name: str
    changes: tuple[tuple[ModuleType, str, Change], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Patch the product while the block runs; raises AttributeError where a step isn't there."""
        with ExitStack() as stack:
            for module, attribute, change in self.changes:
                stack.enter_context(patch.object(module, attribute, change(getattr(module, attribute))))
            yield


def _same_tone(tone_gains: Any) -> Any:
    def unchanged(stream: Any) -> Iterator[Any]:
        for step, gains in tone_gains(stream):
            yield step, np.ones_like(gains)

    return unchanged


def _one_band(_: Any) -> Any:
    """Leave everything in the fine band; the others are empty."""

    def split(image: Any) -> Any:
        _, mid, low = pyramid.level_sizes(image.shape[:2])
        return image, *(np.zeros((*size, 3), np.float32) for size in (mid, low))

    return split


def _settings_of_mid(settings: Any) -> Any:
    return {**settings, pyramid.FINE: settings[pyramid.MID]}


def _neighbours_only(settings: Any) -> Any:
    return {band: replace(setting, radius=1) for band, setting in settings.items()}


def _always(**fixed: Any) -> Change:
    """Return the change that calls a function with these arguments whatever it is given."""

    def change(function: Any) -> Any:
        return lambda *given, **named: function(*given, **(named | fixed))

    return change


def _linear(_: Any) -> Any:
    return partial(backward_warp, interpolation=cv2.INTER_LINEAR)


VARIANTS = (
    Variant("all steps"),
    Variant("without the tone path", ((smoother, "tone_gains", _same_tone),)),
    Variant("without undoing wobble", settings={"steady": False}),
    Variant(
        "without evening out motion that wobbles",
        ((registration, "evened", lambda _: lambda paths, share: paths),),
    ),
    Variant(
        "without registering onto the mean",
        ((registration, "_LARGEST_STEP", lambda _: 0.0),),
    ),
    Variant(
        "one band in place of three",
        ((smoother, "split", _one_band), (smoother, "SETTINGS", _settings_of_mid)),
    ),
    Variant("windows of one frame to either side", ((smoother, "SETTINGS", _neighbours_only),)),
    Variant("without likeness weights", ((smoother, "AverageChange", _always(limit=1e3)),)),
    Variant("without the slope over time", ((smoother, "AverageChange", _always(slope_window=None)),)),
    Variant(
        "without filling unsupported pixels",
        ((smoother, "diffuse", lambda _: lambda correction, support, **_: correction),),
    ),
    Variant("without giving detail back", ((smoother, "_LARGEST_REGAIN", lambda _: 1.0),)),
    Variant("linear interpolation of the bands", ((smoother, "moved", _linear),)),
    Variant("one trust for all bands", ((pyramid, "_CONSISTENT_WITHIN", lambda _: (0.5, 0.5, 0.5)),)),
    Variant("flow `dis-fine` in place of `dis-robust`", settings={"flow": "dis-fine"}),
)
