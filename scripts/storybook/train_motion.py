"""The motion module: first the text encoder learns words of motion, then layers over time learn to move.

The UNet stays as it is. So that it draws as before, what it hears of a moving caption is held to what it
hears of the same caption without its words about motion; the layers over time hear the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from storybook.motion_module import MotionModule

from .clips import FRAMES, Clips, times
from .models import TEXT_WIDTH, TRAIN_STEPS, scheduler, text_encoder
from .motion import clip_at
from .moving_captions import moving_caption
from .optimizer import MuonAdamW
from .text import MOTION_TABLES, TABLES, Teacher, clip_captions, labels, tokens
from .training import Average, Session, autocast

FAITH = 20.0  # weight of what a teacher said of a caption without motion
CALM = 20.0  # weight of what the UNet hears of one with motion
ATTENTION = 4.0  # how much more a subject's latents count than the others
CHANGE = 1.0  # weight of the error of what differs from frame to frame


@dataclass(frozen=True)
class Stage:
    """How one stage of the motion module's training goes.

    Attributes:
        name: Of its checkpoint.
        minutes: Its time.
        lengths: Frames of a clip, and clips a batch of that length.
        decay: Share of the time over which the learning rate falls to zero.
        rate: The learning rate before that.
    """

    name: str
    minutes: float
    lengths: tuple[tuple[int, int], ...]
    decay: float
    rate: float = 1e-3


def train_moving_text(
    folder: Path,
    words: CLIPTokenizer,
    minutes: float,
    device: torch.device,
    teacher: Teacher,
    net: UNet2DConditionModel,
    batch: int = 32,
) -> CLIPTextModel:
    """Teaches the encoder words of motion; whatever it could read before means the same afterwards."""
    torch.manual_seed(5)
    torch.set_flush_denormal(True)
    model = text_encoder(len(words), words.eos_token_id, words.bos_token_id).to(device)
    if device.type == "cpu":  # the fused attention's backward pass is several times slower there
        model.set_attn_implementation("eager")
    teacher.hand_down(model)
    sizes = [len(table) + 1 for table in TABLES.values()] + [len(t) + 2 for t in MOTION_TABLES.values()]
    heads = nn.ModuleList(nn.Linear(TEXT_WIDTH, size) for size in sizes).to(device)
    both = nn.ModuleList([model, heads])
    optimizer = torch.optim.AdamW(both.parameters(), lr=1e-3, weight_decay=1e-3, fused=True)
    session = Session(folder, "moving-text", minutes, {"both": both, "optimizer": optimizer})
    net.requires_grad_(False)
    rng = np.random.default_rng([session.step, 51])
    running = session.progress < 1
    while running:
        scenes, moving, plain = clip_captions(batch, rng)
        target = torch.tensor([labels(scene, moving=True) for scene in scenes], device=device)
        ids, old = tokens(words, moving, device), tokens(words, plain, device)
        with autocast(device):
            states, before = model(torch.cat([ids, old])).last_hidden_state.chunk(2)
            read = sum(
                nn.functional.cross_entropy(head(states.mean(dim=1)).float(), target[:, k])
                for k, head in enumerate(heads)
            )
            faith = teacher.difference(old, before)
            with torch.no_grad():
                expected = net.add_embedding(teacher.model(teacher.ids[old].clamp(min=0)).last_hidden_state)
            calm = nn.functional.mse_loss(net.add_embedding(states).float(), expected.float())
        for group in optimizer.param_groups:
            group["lr"] = session.rate(1e-3)
        loss = torch.as_tensor(read) + FAITH * faith + CALM * calm / expected.float().var()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        running = session.tick(float(loss.detach()), faith=float(faith), calm=float(calm))
    return model.eval()


def train_motion(
    folder: Path,
    words: CLIPTokenizer,
    text: CLIPTextModel,
    net: UNet2DConditionModel,
    clips: Sequence[Clips],
    stage: Stage,
    device: torch.device,
    scale: float,
    start: MotionModule,
) -> MotionModule:
    """Trains the layers over time (from ``start``) on v-prediction; returns the average of their weights.

    UNet and text encoder stay as they are, and in contiguous memory: PyTorch 2.13 crashes in the backward
    pass through a frozen UNet in channels last.
    """
    torch.manual_seed(6)
    torch.set_flush_denormal(True)
    net = net.to(device, memory_format=torch.contiguous_format).eval().requires_grad_(False)
    text = text.to(device).eval().requires_grad_(False)
    if device.type == "cpu":  # the fused attention's backward pass is several times slower there
        net.set_attn_processor(AttnProcessor())
        text.set_attn_implementation("eager")
    module = MotionModule(**{name: start.config[name] for name in start.config if not name.startswith("_")})
    module.load_state_dict(start.state_dict())
    module = module.to(device).train()
    average = Average(module, 0.998).to(device)
    optimizer = MuonAdamW(module, outer=("weigh", "understand"))
    session = Session(
        folder, stage.name, stage.minutes, {"net": module, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 53])
    alphas = scheduler().alphas_cumprod.to(device)
    running = session.progress < 1
    while running:
        frames, count = stage.lengths[rng.integers(len(stage.lengths))]
        z, masks, texts, moments = _batch(clips, frames, count, rng)
        states = text(tokens(words, texts, device)).last_hidden_state.repeat_interleave(frames, dim=0)
        weight = 1 + (ATTENTION - 1) / 255 * torch.from_numpy(masks).to(device)
        with module.joined(net, frames, moments=torch.tensor(moments, device=device)):
            loss, change = _loss(net, module, states, scale * torch.from_numpy(z).to(device), weight, alphas)
        (loss + CHANGE * change).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step(session.rate(stage.rate, decay=stage.decay))
        average.update(module, session.step)
        running = session.tick(float(loss.detach()), change=round(float(change.detach()), 5))
    average.copy_to(module)
    return module.eval()


def _batch(
    clips: Sequence[Clips], frames: int, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str], list[float]]:
    """Clips of ``frames``: (count, frames, …) latents and masks, captions, a tenth empty, and seconds."""
    z, masks, texts, moments = [], [], [], []
    for _ in range(count):
        part = clips[int(rng.integers(len(clips)))]
        k, at = int(rng.integers(len(part.values))), int(rng.integers(FRAMES - frames + 1))
        z.append(part.values[k, at : at + frames])
        masks.append(part.masks[k, at : at + frames])
        scene = clip_at(part.first + k)
        texts.append(moving_caption(scene, rng) if rng.random() > 0.1 else "")
        moments += times(scene, part.first + k)[at : at + frames]
    return np.stack(z).astype(np.float32), np.stack(masks).astype(np.float32), texts, moments


def _loss(
    net: UNet2DConditionModel,
    module: MotionModule,
    states: torch.Tensor,
    z: torch.Tensor,
    weight: torch.Tensor,
    alphas: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean squared errors of v, and of its change from frame to frame.

    All frames of a clip are equally noisy; times are logit-normal (Esser et al. 2024), stratified over the
    batch, and lean to much noise, where a clip's motion is decided.
    """
    n, frames = z.shape[:2]
    even = (torch.arange(n, device=z.device) + torch.rand(n, device=z.device)) / n
    t = (torch.sigmoid(0.8 + 1.3 * torch.special.ndtri(even.clamp(1e-4, 1 - 1e-4))) * TRAIN_STEPS).long()
    signal, sigma = (part.sqrt().view(-1, 1, 1, 1, 1) for part in (alphas[t], 1 - alphas[t]))
    noise = module.noise(torch.randn_like(z), torch.randn_like(z[:, :1]))
    noisy, v = signal * z + sigma * noise, signal * noise - sigma * z
    with autocast(z.device):
        out = net(noisy.flatten(0, 1), t.repeat_interleave(frames), states).sample
    error = out.float().unflatten(0, (n, frames)) - v
    change = error.diff(dim=1).square().mean(dim=2)
    both = torch.maximum(weight[:, 1:], weight[:, :-1])
    loss = (weight * error.square().mean(dim=2)).sum() / weight.sum()
    return loss, (both * change).sum() / both.sum()
