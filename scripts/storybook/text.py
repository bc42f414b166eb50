"""Stage 2: tokenizer and text encoder, which first learns to tell a caption's attributes."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from . import world
from .captions import caption
from .dataset import scene_at
from .models import TEXT_LENGTH, TEXT_WIDTH, text_encoder, tokenizer
from .training import Session

TABLES: dict[str, tuple[str, ...]] = {
    "place": world.PLACES,
    "light": world.LIGHTS,
    "subject": world.SUBJECTS,
    "color": tuple(world.COLORS),
    "style": world.STYLES,
}


def labels(scene: world.Scene) -> list[int]:
    """One class index per attribute; one past the last where the scene does not mention it."""
    return [
        table.index(getattr(scene, name)) if name in scene.mentions else len(table)
        for name, table in TABLES.items()
    ]


def build_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer of all words in 60,000 captions, saved in ``folder``; loaded from there if it exists."""
    if not (folder / "tokenizer_config.json").exists():
        rng = np.random.default_rng(5)
        words = tokenizer(caption(scene_at(k), rng) for k in range(60_000))
        words.save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def tokens(words: CLIPTokenizer, texts: list[str], device: torch.device) -> torch.Tensor:
    """(n, TEXT_LENGTH) token ids, padded and cut as the pipeline does."""
    batch = words(texts, padding="max_length", max_length=TEXT_LENGTH, truncation=True, return_tensors="pt")
    return batch.input_ids.to(device)


def train_text_encoder(
    folder: Path,
    words: CLIPTokenizer,
    minutes: float,
    device: torch.device,
    start: CLIPTextModel | None = None,
) -> CLIPTextModel:
    """Teaches the encoder to read the five attributes off a caption, from its last token and its mean."""
    torch.manual_seed(2)
    model = text_encoder(len(words), words.eos_token_id, words.bos_token_id).to(device)
    if start is not None:
        model.load_state_dict(start.state_dict())
    heads = nn.ModuleList(nn.Linear(TEXT_WIDTH, len(table) + 1) for table in TABLES.values()).to(device)
    both = nn.ModuleList([model, heads])
    optimizer = torch.optim.AdamW(both.parameters(), lr=1e-3, weight_decay=1e-3, fused=True)
    session = Session(folder, "text", minutes, {"both": both, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 11])
    running = session.progress < 1
    while running:
        scenes = [scene_at(int(k)) for k in rng.integers(0, 10**6, 64)]
        target = torch.tensor([labels(s) for s in scenes], device=device)
        out = model(tokens(words, [caption(s, rng) for s in scenes], device))
        loss = sum(
            nn.functional.cross_entropy(head(feature), target[:, k])
            for k, head in enumerate(heads)
            for feature in (out.pooler_output, out.last_hidden_state.mean(dim=1))
        )
        for group in optimizer.param_groups:
            group["lr"] = session.rate(1e-3)
        torch.as_tensor(loss).backward()
        optimizer.step()
        optimizer.zero_grad()
        running = session.tick(float(torch.as_tensor(loss).detach()))
    return model
