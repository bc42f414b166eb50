"""Layers over time for a UNet that draws single pictures: with them it draws the frames of a clip together.

The frames of a clip are the batch. Behind every residual block stands a layer that looks at the same and the
neighbouring places in the other frames: a convolution over time and space, then attention over time (Singer
et al. 2022, Make-A-Video; Guo et al. 2023, AnimateDiff). Each begins as the identity, so an untrained module
changes nothing. The module hears the text by itself, since the UNet that it joins was not taught motion, and
with it the time of each frame: where a boat is depends on the way that it sails and on when that is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log, sqrt
from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin, ModelMixin, UNet2DConditionModel
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from framesmooth.errors import ModelError

_HEAD = 32  # channels of an attention head
_WORDS = 4  # ways in which the module weighs a caption's words
_CLOCK = 32  # channels that say when a frame is
_FASTEST = 12.0  # radians a second of the fastest of them: wings beat slower


def points(unet: Any) -> list[Any]:
    """The residual blocks of a UNet behind which the layers stand, from the first to the last."""
    found: list[Any] = []
    for block in [*unet.down_blocks, unet.mid_block, *unet.up_blocks]:
        resnets = list(block.resnets)
        found += resnets[-1:] if block is unet.mid_block else resnets
    return found


def geometry(unet: Any) -> tuple[int, ...]:
    """The channels behind each of :func:`points`: what a motion module must match."""
    return tuple(int(point.out_channels) for point in points(unet))


def waves(values: Tensor, width: int, longest: float) -> Tensor:
    """Sines and cosines of values at ``width`` / 2 rates (Vaswani et al. 2017): (n,) to (n, width)."""
    rates = torch.exp(torch.arange(width // 2, device=values.device) * (-log(longest) / (width // 2)))
    angles = values.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class TimeLayer(nn.Module):
    """What one residual block's output becomes when the other frames are seen; at first it stays as it is."""

    def __init__(self, channels: int, inner: int, heard: int, groups: int) -> None:
        super().__init__()
        self.heads = max(inner // _HEAD, 1)
        self.norm = nn.GroupNorm(groups, channels)
        self.enter = nn.Conv2d(channels + 2, inner, 1)  # two say where in the picture
        self.listen = nn.Linear(heard, 2 * inner)
        self.reach = nn.Conv2d(3 * inner, inner, 3, padding=1)  # three frames, nine places
        self.place = nn.LayerNorm(inner)
        self.look = nn.Linear(inner, 3 * inner)
        self.leave = nn.Conv2d(inner, channels, 1)
        for parameter in (*self.leave.parameters(), *self.listen.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, heard: Tensor, frames: int, window: int) -> Tensor:
        """(n · frames, channels, h, w), (n · frames, heard) to what is to be added to the former."""
        scale, shift = self.listen(heard)[:, :, None, None].chunk(2, dim=1)
        known = torch.cat([self.norm(x), _where(x)], dim=1)
        y = _clips(self.enter(known) * (1 + scale) + shift, frames)
        before = torch.cat([y[:, :1], y[:, :-1]], dim=1)
        after = torch.cat([y[:, 1:], y[:, -1:]], dim=1)
        y = self.reach(torch.cat([before, y, after], dim=2).flatten(0, 1))
        y = _clips(nn.functional.silu(y), frames)
        added: Tensor = self.leave(nn.functional.silu(y + self._over_time(y, window)).flatten(0, 1))
        return added

    def _over_time(self, y: Tensor, window: int) -> Tensor:
        """Attention of every place to itself in the other frames of its clip.

        Longer clips are seen in windows that overlap by half; where they do, the nearer a window's middle the
        more it counts (Qiu et al. 2024, FreeNoise), so that no frame is a border.
        """
        clips, frames, inner, height, width = y.shape
        rows = y.permute(0, 3, 4, 1, 2).flatten(0, 2)  # (places, frames, inner)
        length = min(window, frames)
        total = torch.zeros_like(rows)
        weights = torch.zeros(frames, 1, device=y.device, dtype=y.dtype)
        middle = torch.arange(length, device=y.device) - (length - 1) / 2
        near = (length / 2 + 0.5 - middle.abs())[:, None].to(y.dtype)
        for start in dict.fromkeys([*range(0, frames - length, max(length // 2, 1)), frames - length]):
            part = slice(start, start + length)
            total[:, part] += near * self._attend(rows[:, part], middle)
            weights[part] += near
        seen = (total / weights).reshape(clips, height, width, frames, inner)
        return seen.permute(0, 3, 4, 1, 2)

    def _attend(self, rows: Tensor, middle: Tensor) -> Tensor:
        """Attention over the second of (places, frames, inner)."""
        rows = self.place(rows) + waves(middle, rows.shape[-1], 100.0).to(rows.dtype)
        three = self.look(rows).reshape(*rows.shape[:2], 3, self.heads, -1)
        q, k, v = three.permute(2, 0, 3, 1, 4).unbind()
        share = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(dim=-1)
        seen: Tensor = (share @ v).transpose(1, 2).flatten(2)
        return seen


class MotionModule(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The layers of one UNet geometry and the ear that they share.

    Args:
        channels: Behind each of the UNet's :func:`points`.
        text_width: Of the text encoder's states.
        heard: Width of what the layers are told of text and noise level.
        groups: Of the layers' norms.
        frames: Of the clips it was trained on; longer ones are drawn in windows of so many.
        frame_rate: Frames a second of the clips it was trained on.
        shared_noise: Share of the noise's variance that all frames of a clip have in common.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        channels: Sequence[int],
        text_width: int = 192,
        heard: int = 256,
        groups: int = 32,
        frames: int = 16,
        frame_rate: float = 8.0,
        shared_noise: float = 0.75,
    ) -> None:
        super().__init__()
        self.weigh = nn.Linear(text_width, _WORDS)
        self.understand = nn.Linear(text_width, text_width)
        self.hear = nn.Sequential(
            nn.Linear(text_width + heard + _CLOCK, heard), nn.SiLU(), nn.Linear(heard, heard), nn.SiLU()
        )
        self.layers = nn.ModuleList(TimeLayer(c, max(c // 2, _HEAD), heard, groups) for c in channels)

    def listen(self, states: Tensor, timesteps: Tensor, moments: Tensor) -> Tensor:
        """Text states (n, words, text_width), noise levels (n,) or (1,), seconds (n,) in one: (n, heard)."""
        share = self.weigh(states).softmax(dim=1).transpose(1, 2)  # (n, ways, words)
        meaning = self.understand(states).reshape(*states.shape[:2], _WORDS, -1)
        pooled = torch.einsum("nkw,nwkc->nkc", share, meaning).flatten(1)
        noise = waves(timesteps, self.config.heard, 10_000.0).to(pooled.dtype)
        clock = waves(_FASTEST * moments, _CLOCK, 100.0).to(pooled.dtype)
        known = [pooled, noise.expand(pooled.shape[0], -1), clock.expand(pooled.shape[0], -1)]
        heard: Tensor = self.hear(torch.cat(known, dim=1))
        return heard

    def check(self, unet: UNet2DConditionModel) -> None:
        """Raise ModelError unless the UNet has the geometry that this module was trained for."""
        mine, its = tuple(self.config.channels), geometry(unet)
        if mine != its:
            raise ModelError(
                f"the motion module is for a UNet of {len(mine)} residual blocks of {_runs(mine)} channels, "
                f"this one has {len(its)} of {_runs(its)}: use --motion off"
            )
        text = int(unet.config.cross_attention_dim)
        if text != self.config.text_width:
            raise ModelError(
                f"the motion module reads text states {self.config.text_width} wide, this model has {text}: "
                "use --motion off"
            )

    @contextmanager
    def joined(
        self,
        unet: UNet2DConditionModel,
        frames: int,
        strength: float = 1.0,
        moments: Tensor | None = None,
    ) -> Iterator[None]:
        """Within, ``unet`` takes batches of clips: every ``frames`` pictures in a row belong together.

        Args:
            unet: As the module was trained for; its own weights stay as they are.
            frames: Pictures a clip. A batch of several clips, or of a clip with and without its prompt, holds
                one after the other.
            strength: How much the layers do: 0 draws each picture for itself.
            moments: When each picture of the batch is, in seconds from the middle of its clip: (n,); if not
                given, of one frame after the other at the module's frame rate.

        Raises:
            ModelError: if the UNet has another geometry.
        """
        self.check(unet)
        heard: dict[str, Tensor] = {}

        def hear(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            names = ("sample", "timestep", "encoder_hidden_states")
            named = {**dict(zip(names, args, strict=False)), **kwargs}
            sample, states = named["sample"], named["encoder_hidden_states"]
            if sample.shape[0] % frames:
                raise ValueError(f"{sample.shape[0]} images do not divide into clips of {frames}")
            times = torch.as_tensor(named["timestep"], device=sample.device).reshape(-1)
            when = self.moments(frames).repeat(len(sample) // frames) if moments is None else moments
            heard["it"] = self.listen(states, times, when.to(sample.device))

        def behind(layer: nn.Module) -> Any:
            def see(_: nn.Module, __: Any, output: Tensor) -> Tensor:
                added: Tensor = layer(output, heard["it"], frames, self.config.frames)
                return output + strength * added

            return see

        handles = [unet.register_forward_pre_hook(hear, with_kwargs=True)]
        if strength:
            pairs = zip(points(unet), self.layers, strict=True)
            handles += [point.register_forward_hook(behind(layer)) for point, layer in pairs]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def moments(self, frames: int) -> Tensor:
        """Return the times of a clip's frames, float32 (frames,), in seconds from its middle."""
        return (torch.arange(frames) - (frames - 1) / 2) / float(self.config.frame_rate)

    def noise(self, own: Tensor, shared: Tensor) -> Tensor:
        """Return a clip's noise (frames, C, h, w): ``own``, of that shape, mixed with ``shared`` (C, h, w).

        The common part keeps scene and palette together (Ge et al. 2023, PYoCo); it is the same in every
        window of a long clip.
        """
        common = float(self.config.shared_noise)
        return sqrt(common) * shared + sqrt(1 - common) * own


def load_motion(folder: Path, unet: UNet2DConditionModel) -> MotionModule:
    """The motion module in a folder, on the device and in the precision of the UNet that it is to join.

    Raises:
        ModelError: if the folder holds none, or one for another geometry.
    """
    try:
        module = MotionModule.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{folder}: no motion module ({error})") from error
    module.check(unet)
    fitting: MotionModule = module.to(device=unet.device, dtype=unet.dtype).eval()
    return fitting


def _where(x: Tensor) -> Tensor:
    """Where each place of (n, c, h, w) is, −1 … 1 across and down: (n, 2, h, w)."""
    n, _, height, width = x.shape
    down, across = (torch.linspace(-1, 1, size, device=x.device, dtype=x.dtype) for size in (height, width))
    grid = torch.stack([across.expand(height, width), down[:, None].expand(height, width)])
    return grid.expand(n, -1, -1, -1)


def _clips(x: Tensor, frames: int) -> Tensor:
    """(n · frames, …) to (n, frames, …)."""
    return x.reshape(-1, frames, *x.shape[1:])


def _runs(channels: Sequence[int]) -> str:
    return "-".join(str(c) for c in dict.fromkeys(channels))
