"""Structure guidance: keyframes keep the fine structure of an anchor, and their own light and colours.

Layout is decided in the first denoising steps, and so is light: keyframes that share whole steps have one
light, keyframes that share none show the subject here and there. So after each of the first steps a
keyframe's latents become lowpass(own) + highpass(the anchor's latents after the same step): edges stay
where the anchor has them, and light, colours and large areas follow the keyframe's own prompt. It is the
counterpart of ILVR (Choi et al. 2021), which takes the low frequencies of a reference.

The anchor of a prompt is the first prompt that names the same subject, in the same noise. A prompt that names
another subject takes over fewer steps of the first one's, so that the new thing forms where the old one was.
Between two subjects the first half of the way keeps the structure of the one, the second half that of the
other: a mean of both would show both.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from framesmooth.models.text_to_image import StepChange

StructureShare = float | Literal["auto"]
"""Share of the steps, 0 to 1; "auto" goes by the subjects of the prompts."""

AUTO_SHARE: Final = 0.5
"""Share of the steps in which prompts with the same subject have one structure: with half of them one
subject is seen in all frames, and colours stay within 9 levels of what they are without (storybook, 3 x 3
prompts)."""

_OTHER_SUBJECT: Final = 0.4
"""Share of these steps for another subject: with more the old one shows through, with none there are two."""

_SIGMA: Final = 1 / 16
"""Standard deviation of the low-pass filter, as a share of the shorter side of the latents."""


@dataclass(frozen=True)
class Anchor:
    """Whose structure a prompt takes.

    Attributes:
        prompt: index of the prompt that is the anchor of its subject; a prompt may be its own.
        root: index of the prompt whose first steps that anchor itself takes over; an anchor may be its own.
        shared: in how many steps.
    """

    prompt: int
    root: int
    shared: int


def anchors_of(
    seeds: Sequence[int], steps: int, *, auto: bool, distance: Callable[[int, int], float]
) -> tuple[Anchor, ...]:
    """Return the anchor of every prompt.

    Args:
        seeds: of the prompts' noises; prompts with other noise have other layouts, and that is wanted.
        steps: in which prompts with the same subject have one structure.
        auto: whether another subject takes over fewer steps.
        distance: of the subjects of two prompts, given by index: 0 is the same, 1 another.
    """
    anchors: list[Anchor] = []
    for index, seed in enumerate(seeds):
        before = [other for other in dict.fromkeys(one.prompt for one in anchors) if seeds[other] == seed]
        apart = {other: distance(other, index) if auto else 0.0 for other in before}
        near = next((other for other in before if _shared(steps, apart[other]) == steps), None)
        if near is not None:
            anchors.append(anchors[near])
        else:
            root = before[0] if before else index
            anchors.append(Anchor(index, root, _shared(steps, apart[root]) if before else steps))
    return tuple(anchors)


def _shared(steps: int, distance: float) -> int:
    return round(steps * (1 - (1 - _OTHER_SUBJECT) * distance))


@dataclass(frozen=True)
class Denoised:
    """An anchor that is denoised.

    Attributes:
        states: float32 (k, C, h, w), the latents after the first k steps.
        latents: float32 (2, C, h, w), its entry in the latent store.
    """

    states: Tensor
    latents: Tensor


DenoiseAnchors = Callable[[Sequence[int], Sequence[StepChange]], list[Denoised]]
"""Denoises prompts, given by index, each with a change of its latents after every step."""


@dataclass(frozen=True)
class Structure:
    """The structure that the keyframes of a clip share; anchors are denoised when they are first needed.

    They always are in the same batches, so a resumed run finds the same ones.

    Attributes:
        anchors: of every prompt.
        steps: in which prompts with the same anchor have one structure.
        batch_size: anchors that are denoised together at most.
    """

    anchors: Sequence[Anchor]
    steps: int
    batch_size: int
    _denoised: dict[int, Denoised] = field(default_factory=dict[int, Denoised], repr=False)

    def is_anchor(self, prompt: int) -> bool:
        """Tell whether a prompt is an anchor."""
        return self.anchors[prompt].prompt == prompt

    def denoised(self, prompt: int, denoise: DenoiseAnchors) -> Denoised:
        """Return an anchor, and denoise it if it isn't yet."""
        if prompt not in self._denoised:
            batch = next(batch for batch in self._batches if prompt in batch)
            changes = [self._first_steps(self.anchors[index], denoise) for index in batch]
            self._denoised.update(zip(batch, denoise(batch, changes), strict=True))
        return self._denoised[prompt]

    @cached_property
    def _batches(self) -> list[list[int]]:
        """The anchors that are denoised together: the first one alone, as everything waits for it."""
        every = list(dict.fromkeys(anchor.prompt for anchor in self.anchors))
        roots = [index for index in every if self.anchors[index].root == index]
        others = [index for index in every if index not in roots]
        return [roots[:1], *_cut(roots[1:], self.batch_size), *_cut(others, self.batch_size)]

    def _first_steps(self, anchor: Anchor, denoise: DenoiseAnchors) -> StepChange:
        if anchor.root == anchor.prompt:
            return unchanged
        return self._change([(anchor.root, lambda done: float(done <= anchor.shared))], denoise)

    def change(self, start: int, end: int, mix: float, denoise: DenoiseAnchors) -> StepChange:
        """Return what changes a frame, ``mix`` of the way from prompt ``start`` to prompt ``end``."""
        first, last = self.anchors[start], self.anchors[end]
        if first.prompt == last.prompt or mix <= 0 or mix >= 1:
            one = (last if mix >= 1 else first).prompt
            return self._change([(one, lambda done: float(done <= self.steps))], denoise)
        related = first.root == last.root
        shared = min(self._with_root(first), self._with_root(last)) if related else 0

        def of_first(done: int) -> float:
            return 1 - mix if done <= shared else max(0.0, 1 - 2 * mix) * (done <= self.steps)

        def of_last(done: int) -> float:
            return mix if done <= shared else max(0.0, 2 * mix - 1) * (done <= self.steps)

        return self._change([(first.prompt, of_first), (last.prompt, of_last)], denoise)

    def _with_root(self, anchor: Anchor) -> int:
        return self.steps if anchor.root == anchor.prompt else anchor.shared

    def _change(
        self, sources: Iterable[tuple[int, Callable[[int], float]]], denoise: DenoiseAnchors
    ) -> StepChange:
        """Return a change towards the structure of anchors, each with its weight after every step."""
        weighted = [(self.denoised(prompt, denoise).states, weight) for prompt, weight in sources]

        def changed(done: int, latents: Tensor) -> Tensor:
            own = latents.float()
            for states, weight in weighted:
                if weight(done) > 0:
                    own = own + weight(done) * high_pass(states[done - 1].to(own.device) - latents.float())
            return own.to(latents.dtype)

        return changed


def unchanged(_done: int, latents: Tensor) -> Tensor:
    """Return the latents as they are."""
    return latents


def high_pass(values: Tensor) -> Tensor:
    """Return float32 (C, h, w) without what is larger than about a sixteenth of the image."""
    height, width = values.shape[-2:]
    sigma = _SIGMA * min(height, width)
    rows, columns = (_low_pass(side, sigma).to(values.device) for side in (height, width))
    return values - rows @ values @ columns.T


def _low_pass(side: int, sigma: float) -> Tensor:
    """Return the matrix (side, side) of a Gaussian filter that mirrors at the edges."""
    return torch.from_numpy(gaussian_filter1d(np.eye(side, dtype=np.float32), sigma, axis=0, mode="reflect"))


def _cut(indices: list[int], size: int) -> list[list[int]]:
    return [indices[at : at + size] for at in range(0, len(indices), size)]
