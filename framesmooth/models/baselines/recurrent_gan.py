"""The generator of a text-conditional GAN whose frames follow from one another by a recurrent convolution.

A map of the scene is made of the prompt and noise; at every frame a recurrent code of motion (Tulyakov et al.
2018, MoCoGAN) moves it on, by a convolutional GRU (Ballas et al. 2016), and the frame is drawn from it. The
discriminators, of frames and of clips that match their captions (Pan et al. 2017, TGANs-C), are needed for
training alone.
"""

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from framesmooth.models.baselines.caption import CaptionReader


class Modulated(nn.Module):
    """A residual block on maps (n, channels, h, w), scaled and shifted by a vector (n, told)."""

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels, affine=False)
        self.tell = nn.Linear(told, 2 * channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        """Return maps of the same shape."""
        scale, shift = self.tell(vector)[:, :, None, None].chunk(2, 1)
        y = self.first(nn.functional.silu(self.norm(x) * (1 + scale) + shift))
        added: Tensor = self.second(nn.functional.silu(y))
        return x + added


class ConvGru(nn.Module):
    """A gated recurrent unit of convolutions: maps (n, channels, h, w), and what comes in likewise."""

    def __init__(self, channels: int, entering: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(channels + entering, 2 * channels, 3, padding=1)
        self.candidate = nn.Conv2d(channels + entering, channels, 3, padding=1)
        assert self.gates.bias is not None
        nn.init.constant_(self.gates.bias[:channels], -1.0)  # begin by keeping what there is

    def forward(self, state: Tensor, x: Tensor) -> Tensor:
        """Return the next state."""
        update, reset = self.gates(torch.cat([state, x], 1)).sigmoid().chunk(2, 1)
        candidate = self.candidate(torch.cat([reset * state, x], 1)).tanh()
        following: Tensor = state + update * (candidate - state)
        return following


class RecurrentGenerator(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Noise and a prompt to the latents of a clip of any length.

    Args:
        channels: of the latents.
        width: of the maps.
        told: width of what the layers are told of prompt and noise.
        noise: numbers of a clip's noise.
        motion: numbers of a frame's noise, and half the width of the code of motion.
        side: the latents' height and width, a multiple of 4.
        text_width: of the text encoder's states.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        channels: int = 8,
        width: int = 96,
        told: int = 192,
        noise: int = 64,
        motion: int = 32,
        side: int = 16,
        text_width: int = 192,
    ) -> None:
        super().__init__()
        self.caption = CaptionReader(text_width, told)
        self.tell = nn.Sequential(nn.Linear(told + noise, told), nn.SiLU(), nn.Linear(told, told), nn.SiLU())
        self.first = nn.Linear(told, width * (side // 4) ** 2)
        self.coarse = Modulated(width, told)
        self.place = nn.Parameter(0.1 * torch.randn(1, width, side // 2, side // 2))
        self.scene = Modulated(width, told)
        self.move = nn.GRUCell(motion + told, 2 * motion)
        self.enter = nn.Linear(2 * motion + told, width // 2)
        self.advance = ConvGru(width, width // 2 + 2)
        self.draw = Modulated(width, told)
        self.grow = nn.Conv2d(width, 4 * (width // 2), 3, padding=1)
        self.detail = Modulated(width // 2, told)
        self.leave = nn.Conv2d(width // 2, channels, 3, padding=1)

    def forward(self, states: Tensor, motion: Tensor, noise: Tensor, steps: Tensor) -> Tensor:
        """Return latents (n, frames, channels, side, side).

        Args:
            states: of the text encoder, (n, words, text_width).
            motion: what the captions say of motion, int64 (n, 2).
            noise: of the clips, standard normal, (n, noise).
            steps: of the frames, standard normal, (n, frames, motion).
        """
        told = self.tell(torch.cat([self.caption(states, motion), noise], 1))
        side = self.config.side
        state = self.first(told).unflatten(1, (-1, side // 4, side // 4))
        state = nn.functional.interpolate(self.coarse(state, told), scale_factor=2.0, mode="nearest")
        state = self.scene(state + self.place, told).tanh()
        where = _where(state)
        code = told.new_zeros(len(told), 2 * self.config.motion)
        maps = []
        for step in steps.unbind(1):
            code = self.move(torch.cat([step, told], 1), code)
            x = self.enter(torch.cat([code, told], 1))[:, :, None, None].expand(-1, -1, side // 2, side // 2)
            state = self.advance(state, torch.cat([x, where], 1))
            maps.append(state)
        every = told.repeat_interleave(len(maps), 0)
        y = self.draw(torch.stack(maps, 1).flatten(0, 1), every)
        y = self.detail(nn.functional.pixel_shuffle(self.grow(y), 2), every)
        latents: Tensor = self.leave(nn.functional.silu(y))
        return latents.view(len(told), len(maps), *latents.shape[1:])


def _where(x: Tensor) -> Tensor:
    """Return maps that say where in the picture they are: (n, 2, h, w), -1 to 1."""
    n, _, height, width = x.shape
    y = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)[:, None].expand(height, width)
    across = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype).expand(height, width)
    return torch.stack([across, y]).expand(n, -1, -1, -1)
