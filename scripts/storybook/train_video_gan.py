"""The recurrent GAN: discriminators of frames and of clips, and its training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from framesmooth.models.baselines.caption import CaptionReader
from framesmooth.models.baselines.recurrent_gan import RecurrentGenerator

from .baseline_data import Batch, PaintedClips
from .optimizer import MuonAdamW
from .training import Average, Session, autocast

FRAMES = 8
STILLS = 2  # frames of each clip that the discriminator of frames sees
View = Callable[[torch.Tensor], torch.Tensor]
KNOWN = 0.05  # weight of what the observer says of a clip, against what is missed of it
FAITH = 10.0  # weight of what is missed of clips that the observer saw, against what the judges say
MISMATCHED = 0.5  # weight of painted clips with the captions of others, which are to be told as well


class Discriminator(nn.Module):
    """Tells painted latents that match their captions from all others, by frames or by clips.

    Args:
        channels: Of the latents.
        over_time: Whether it sees clips, (n, channels, frames, h, w), or frames, (n, channels, h, w).
        width: Of its first layers.
        text_width: Of the text encoder's states.
    """

    def __init__(self, channels: int, *, over_time: bool, width: int = 64, text_width: int = 192) -> None:
        super().__init__()
        conv = nn.Conv3d if over_time else nn.Conv2d
        wide = 2 * width if over_time else 3 * width

        def down(inside: int, outside: int) -> nn.Module:
            return spectral_norm(conv(inside, outside, 4, stride=2, padding=1))

        def same(inside: int, outside: int) -> nn.Module:
            return spectral_norm(conv(inside, outside, 3, padding=1))

        act = nn.LeakyReLU(0.2)
        self.body = nn.Sequential(
            same(channels, width),
            act,
            down(width, wide),
            act,
            same(wide, wide),
            act,
            down(wide, 2 * wide),
            act,
        )
        self.last = nn.Sequential(same(2 * wide + 1, 2 * wide), act)
        self.score = spectral_norm(nn.Linear(2 * wide, 1))
        self.caption = CaptionReader(text_width, 2 * wide)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(n, features) of latents."""
        y = self.body(x)
        groups = y.view(-1, min(4, len(y)), *y.shape[1:]) if len(y) % 4 == 0 else y[None]
        spread = groups.float().var(1, unbiased=False).add(1e-6).sqrt().flatten(1).mean(1)
        spread = spread.repeat_interleave(groups.shape[1]).view(-1, *[1] * (y.ndim - 1)).to(y.dtype)
        y = self.last(torch.cat([y, spread.expand(-1, 1, *y.shape[2:])], 1))
        return y.flatten(2).mean(2)

    def forward(
        self, x: torch.Tensor, states: torch.Tensor, motion: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (n,) of latents with their captions, and with those of the next in the batch."""
        y, said = self.features(x), self.caption(states, motion)
        alone = self.score(y)[:, 0].float()
        scale = y.shape[1] ** -0.5
        return (
            alone + scale * (y * said).sum(1).float(),
            alone + scale * (y * said.roll(len(said) // 2, 0)).sum(1).float(),
        )


class Observer(nn.Module):
    """Says what a painted clip shows beyond its caption: the noise that a generator would make it of.

    Needed for training alone (Larsen et al. 2016, VAE-GAN; Zhu et al. 2017, cVAE-GAN).

    Args:
        channels: Of the latents.
        noise: Numbers of a clip's noise.
        width: Of its first layer.
    """

    def __init__(self, channels: int, noise: int, width: int = 64) -> None:
        super().__init__()

        def layer(inside: int, outside: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(inside, outside, 4, 2, 1), nn.GroupNorm(8, outside), nn.SiLU())

        self.body = nn.Sequential(
            layer(3 * channels, width), layer(width, 2 * width), layer(2 * width, 2 * width)
        )
        self.say = nn.Linear(8 * width, 2 * noise)

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return means and logarithms of variances (n, noise) of clips (n, frames, channels, h, w)."""
        some = z[:, [0, z.shape[1] // 2, -1]].flatten(1, 2)
        mean, spread = self.say(self.body(some).flatten(1)).chunk(2, 1)
        return mean, spread.clamp(-8, 4)


def train_pictures(
    folder: Path, clips: PaintedClips, minutes: float, rate: float = 2e-3, batch: int = 48
) -> nn.ModuleDict:
    """Trains a generator and an observer together: it makes again what the latter saw, and the caption.

    So it begins with the right places and lights, which the judges alone did not bring it to. Frames of a
    clip are alike, and captions are what is to be learned: many clips, two frames of each.
    """
    torch.manual_seed(10)
    torch.set_flush_denormal(True)
    net = RecurrentGenerator().to(memory_format=torch.channels_last)
    pair = nn.ModuleDict({"net": net, "observer": Observer(net.config.channels, net.config.noise)})
    optimizer = MuonAdamW(pair, outer=("net.place", "net.leave", "net.caption.weigh", "observer.say"))
    session = Session(folder, "gan-pictures", minutes, {"pair": pair, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 78])
    running = session.progress < 1
    while running:
        said, real, weight = _drawn(clips, batch, rng, frames=2)
        with autocast(real.device):
            noise, known = _observed(pair, real)
            fake = net(said.states, said.motion, noise, _noise(net, batch, 2)[1]).float()
        missed = _missed(fake, real, weight)
        (missed + KNOWN * known).backward()
        nn.utils.clip_grad_norm_(pair.parameters(), 1.0)
        optimizer.step(session.rate(rate, warmup=30))
        running = session.tick(float(missed.detach()), known=round(float(known.detach()), 3))
    return pair


def train_gan(
    folder: Path,
    clips: PaintedClips,
    minutes: float,
    pair: nn.ModuleDict,
    rate: float = 2e-4,
    batch: int = 16,
) -> RecurrentGenerator:
    """Trains the networks by the hinge loss, from those of :func:`train_pictures`.

    Half of a batch is made of what the observer saw, and held to it; the other half of noise. Returns the
    average of the generator's weights.
    """
    torch.manual_seed(9)
    torch.set_flush_denormal(True)
    net: Any = pair["net"]
    average = Average(net, 0.99)
    of_frames = Discriminator(8, over_time=False, width=48)
    of_clips = Discriminator(8, over_time=True, width=48)
    both = nn.ModuleList([of_frames, of_clips])
    making = torch.optim.Adam(pair.parameters(), lr=rate, betas=(0.0, 0.99))
    judging = torch.optim.Adam(both.parameters(), lr=2 * rate, betas=(0.0, 0.99))
    session = Session(
        folder,
        "gan",
        minutes,
        {"pair": pair, "both": both, "average": average, "making": making, "judging": judging},
    )
    rng = np.random.default_rng([session.step, 79])
    running = session.progress < 1
    while running:
        said, real, weight = _drawn(clips, batch, rng)
        half = batch // 2
        for optimizer, peak in ((making, rate), (judging, 2 * rate)):
            for group in optimizer.param_groups:
                group["lr"] = session.rate(peak, warmup=50, decay=0.3)
        drawn, steps = _noise(net, batch)
        with autocast(real.device):  # the discriminators stay in float32: in bfloat16 they come to NaN
            noise, known = _observed(pair, real[:half])
            fake = net(said.states, said.motion, torch.cat([noise, drawn[half:]]), steps).float()
        judged = real.new_zeros(())
        for judge, view in ((of_frames, _stills), (of_clips, _clips)):
            right, wrong = judge(view(real), *_texts(said, view))
            made, _ = judge(view(fake.detach()), *_texts(said, view))
            false = (1 - MISMATCHED) * (1 + made).relu().mean() + MISMATCHED * (1 + wrong).relu().mean()
            judged = judged + (1 - right).relu().mean() + false
        judged.backward()
        judging.step()
        both.requires_grad_(False)
        lost = real.new_zeros(())
        for judge, view in ((of_frames, _stills), (of_clips, _clips)):
            lost = lost - judge(view(fake), *_texts(said, view))[0].mean()
        missed = _missed(fake[:half], real[:half], weight[:half])
        (lost + FAITH * (missed + KNOWN * known)).backward()
        both.requires_grad_(True)
        nn.utils.clip_grad_norm_(pair.parameters(), 10.0)
        making.step()
        for optimizer in (making, judging):
            optimizer.zero_grad()
        average.update(net, session.step)
        seen = fake.detach()
        running = session.tick(
            float(judged.detach()),
            fooled=round(float(lost.detach()), 3),
            missed=round(float(missed.detach()), 3),
            spread=round(float(seen.std()), 3),
            moved=round(float(seen.diff(dim=1).std() / real.diff(dim=1).std()), 3),
        )
    average.copy_to(net)
    trained: RecurrentGenerator = net.eval()
    return trained


def _drawn(
    clips: PaintedClips, batch: int, rng: np.random.Generator, frames: int = FRAMES
) -> tuple[Batch, torch.Tensor, torch.Tensor]:
    """Captions, latents of a part of their clips, and weights of the places in it."""
    said = clips.batch(batch, rng, unsaid=0.0)
    first = int(rng.integers(16 - frames + 1))
    return said, *clips.seen(said.which, slice(first, first + frames))


def _observed(pair: nn.ModuleDict, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise that the observer takes clips for, and how much it says: nats a number beyond what is known."""
    mean, spread = (part.float() for part in pair["observer"](real))
    noise = mean + (0.5 * spread).exp() * torch.randn_like(mean)
    return noise, 0.5 * (mean.square() + spread.exp() - 1 - spread).mean()


def _missed(fake: torch.Tensor, real: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The weighted mean squared error of latents (n, frames, channels, h, w)."""
    return (weight * (fake - real).square().mean(dim=2)).sum() / weight.sum()


def _noise(net: RecurrentGenerator, count: int, frames: int = FRAMES) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(count, net.config.noise), torch.randn(count, frames, net.config.motion)


def _stills(z: torch.Tensor) -> torch.Tensor:
    """(n · STILLS, channels, h, w): frames of clips (n, frames, channels, h, w), far from each other."""
    return z[:, :: FRAMES // STILLS].flatten(0, 1)


def _clips(z: torch.Tensor) -> torch.Tensor:
    return z.transpose(1, 2)


def _texts(said: Batch, view: View) -> tuple[torch.Tensor, torch.Tensor]:
    """The captions of what a view shows."""
    if view is _stills:
        return said.states.repeat_interleave(STILLS, 0), said.motion.repeat_interleave(STILLS, 0)
    return said.states, said.motion
