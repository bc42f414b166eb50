"""VideoGPT: first a codebook for clips, then the transformer that continues a caption with their codes."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from framesmooth.models.baselines.codes import VideoCodes
from framesmooth.models.baselines.video_gpt import VideoGpt

from .baseline_data import PaintedClips
from .optimizer import MuonAdamW
from .training import Average, Session, autocast

COMMITMENT = 0.25
CHANGE = 1.0  # weight of the error of what differs from frame to frame
LEVELS = (1.0, 0.6, 0.4)  # weights of the codes of one place
CORRUPTED = 0.05  # share of places of which the transformer sees another code than there is


class Codebooks:
    """Codebooks that follow the vectors they stand for (van den Oord et al. 2017, appendix A.1).

    A code that stood for nothing for long becomes a vector of the last batch.
    """

    def __init__(self, codes: VideoCodes, decay: float = 0.98) -> None:
        self.codes, self.decay = codes, decay
        depth, size, _ = codes.codebooks.shape
        self.counts = torch.ones(depth, size)
        self.sums = codes.codebooks.clone()

    @torch.no_grad()
    def update(self, vectors: torch.Tensor, fresh: bool) -> torch.Tensor:
        """Moves the codebooks towards ``vectors`` (n, code_width); returns what these are coded as.

        With ``fresh`` they are made of these vectors.
        """
        left = vectors.detach().float()
        for level, book in enumerate(self.codes.codebooks):
            size = len(book)
            if fresh:
                book.copy_(left[torch.randint(len(left), (size,))])
                self.sums[level] = book
            nearest = (book.square().sum(1) - 2 * left @ book.T).argmin(-1)
            counts = torch.bincount(nearest, minlength=size).float()
            sums = torch.zeros_like(book).index_add_(0, nearest, left)
            self.counts[level].lerp_(counts, 1 - self.decay)
            self.sums[level].lerp_(sums, 1 - self.decay)
            unused = self.counts[level] < 0.05
            spare = left[torch.randint(len(left), (size,))]
            book.copy_(
                torch.where(
                    unused[:, None], spare, self.sums[level] / self.counts[level].clamp(min=1e-3)[:, None]
                )
            )
            self.sums[level] = torch.where(unused[:, None], spare, self.sums[level])
            self.counts[level] = torch.where(unused, 1.0, self.counts[level])
            left = left - book[nearest]
        return vectors.detach().float() - left

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Counts and sums."""
        return {"counts": self.counts, "sums": self.sums}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Restores what :meth:`state_dict` gave."""
        self.counts, self.sums = state["counts"], state["sums"]


def train_codes(
    folder: Path, clips: PaintedClips, minutes: float, rate: float = 2e-3, batch: int = 8
) -> VideoCodes:
    """Teaches the autoencoder of clips and its codebooks; returns the average of its weights."""
    torch.manual_seed(7)
    torch.set_flush_denormal(True)
    net = VideoCodes()
    books, average = Codebooks(net), Average(net, 0.995)
    optimizer = MuonAdamW(net, outer=("enter.0", "leave.5"))
    session = Session(
        folder, "codes", minutes, {"net": net, "books": books, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 71])
    running = session.progress < 1
    while running:
        which = np.stack([rng.integers(len(clips.numbers), size=batch), rng.integers(2, size=batch)], 1)
        z, weight = clips.seen(which)
        with autocast(z.device):
            vectors = net.encoded(z).float()
            coded = books.update(vectors.flatten(0, 3), fresh=session.step in (0, 100)).view_as(vectors)
            out = net.decoded(vectors + (coded - vectors).detach()).float()
        error = out - z
        loss = _weighted(error.square().mean(2), weight)
        change = _weighted(error.diff(dim=1).square().mean(2), torch.maximum(weight[:, 1:], weight[:, :-1]))
        commitment = nn.functional.mse_loss(vectors, coded)
        (loss + CHANGE * change + COMMITMENT * commitment).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step(session.rate(rate))
        average.update(net, session.step)
        used = float((books.counts > 0.1).float().mean())
        running = session.tick(
            float(loss.detach()),
            change=round(float(change.detach()), 5),
            commitment=round(float(commitment.detach()), 5),
            used=round(used, 3),
        )
    average.copy_to(net)
    return net.eval()


def _weighted(error: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (weight * error).sum() / weight.sum()


@torch.no_grad()
def coded_clips(
    path: Path, net: VideoCodes, clips: PaintedClips
) -> tuple[NDArray[np.int16], NDArray[np.float16]]:
    """Codes of all clips as they are and mirrored, (n, 2, places, depth), and weights (n, 2, places).

    Those of the first clips are kept in a file, to which those of new ones are added.
    """
    kept = dict(np.load(path)) if path.exists() else {}
    codes, weights = list(kept.get("codes", ())), list(kept.get("weights", ()))
    for k in range(len(codes), len(clips.numbers)):
        z, weight = clips.seen(np.array([[k, 0], [k, 1]]))
        with autocast(z.device):
            vectors = net.encoded(z).float()
        codes.append(net.quantized(vectors).flatten(1, 3).numpy().astype(np.int16))
        pooled = nn.functional.avg_pool3d(weight, (net.config.frames, 2, 2))
        weights.append(pooled.flatten(1).numpy().astype(np.float16))
    np.savez(path, codes=np.stack(codes), weights=np.stack(weights))
    return np.stack(codes), np.stack(weights)


def train_gpt(
    folder: Path, clips: PaintedClips, codes: VideoCodes, minutes: float, rate: float = 2e-3, batch: int = 12
) -> VideoGpt:
    """Teaches the transformer; returns the average of its weights."""
    torch.manual_seed(8)
    torch.set_flush_denormal(True)
    kept, weights = coded_clips(folder / "coded.npz", codes, clips)
    net = VideoGpt()
    average, optimizer = (
        Average(net, 0.998),
        MuonAdamW(net, outer=("score", "enter", "caption.weigh", "weigh_words")),
    )
    session = Session(folder, "gpt", minutes, {"net": net, "average": average, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 73])
    running = session.progress < 1
    while running:
        said = clips.batch(batch, rng)
        k, flip = said.which.T
        target = torch.from_numpy(kept[k, flip].astype(np.int64))
        weight = torch.from_numpy(weights[k, flip].astype(np.float32))
        parts = codes.parts(target)
        with autocast(torch.device("cpu")):
            scores = net.scores(_corrupted(parts), said.states, said.motion)
        losses = [
            _weighted(
                nn.functional.cross_entropy(
                    score.float().flatten(0, 1), target[..., level].flatten(), reduction="none"
                ),
                weight.flatten(),
            )
            for level, score in enumerate(scores)
        ]
        (torch.stack(losses) @ torch.tensor(LEVELS)).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step(session.rate(rate, decay=0.5))
        average.update(net, session.step)
        running = session.tick(
            float(losses[0].detach()),
            second=round(float(losses[1].detach()), 3),
            third=round(float(losses[2].detach()), 3),
        )
    average.copy_to(net)
    return net.eval()


def _corrupted(parts: torch.Tensor) -> torch.Tensor:
    """The vectors with some places in exchange for others of the batch: what is sampled has faults, too."""
    shuffled = parts.flatten(0, 1)[torch.randperm(parts.shape[0] * parts.shape[1])].view_as(parts)
    return torch.where(torch.rand(*parts.shape[:2], 1, 1) < CORRUPTED, shuffled, parts)
