"""Stage 2: tokenizer and text encoder, which first learns to tell a caption's attributes."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from . import motion, world
from .captions import caption
from .dataset import scene_at
from .models import TEXT_LENGTH, TEXT_WIDTH, text_encoder, tokenizer
from .moving_captions import caption_pair
from .training import Session, autocast

FAITH = 20.0  # weight of what a teacher said
TABLES: dict[str, tuple[str, ...]] = {
    "place": world.PLACES,
    "light": world.LIGHTS,
    "subject": world.SUBJECTS,
    "color": tuple(world.COLORS),
    "style": world.STYLES,
}


MOTION_TABLES: dict[str, tuple[str, ...]] = {
    "action": motion.ACTIONS,
    "direction": ("", *motion.DIRECTIONS),
    "camera": motion.CAMERAS,
    "sky": motion.SKIES,
    "pace": tuple(motion.PACES),
}


def labels(scene: world.Scene, *, moving: bool = False) -> list[int]:
    """One class index per attribute; one past the last where the scene does not mention it.

    With ``moving`` also those of its motion, whose last class but one is that nothing moves.
    """
    classes = [
        table.index(getattr(scene, name)) if name in scene.mentions else len(table)
        for name, table in TABLES.items()
    ]
    for name, table in MOTION_TABLES.items() if moving else ():
        if scene.motion is None:
            classes.append(len(table))
        else:
            named = name in scene.motion.mentions
            classes.append(table.index(getattr(scene.motion, name)) if named else len(table) + 1)
    return classes


def clip_captions(count: int, rng: np.random.Generator) -> tuple[list[world.Scene], list[str], list[str]]:
    """Moving scenes, a caption of each, and the same without its words about motion."""
    scenes = [motion.clip_at(int(k)) for k in rng.integers(0, 10**6, count)]
    pairs = [caption_pair(scene, rng) for scene in scenes]
    return scenes, [moving for moving, _ in pairs], [plain for _, plain in pairs]


def build_tokenizer(folder: Path, *, moving: bool = False) -> CLIPTokenizer:
    """The tokenizer of all words in 60,000 captions, saved in ``folder``; loaded from there if it exists.

    With ``moving`` it also knows the words of 40,000 captions of clips.
    """
    if not (folder / "tokenizer_config.json").exists():
        rng = np.random.default_rng(5)
        texts = [caption(scene_at(k), rng) for k in range(60_000)]
        texts += clip_captions(40_000, rng)[1] if moving else []
        words = tokenizer(texts)
        words.save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def tokens(words: CLIPTokenizer, texts: list[str], device: torch.device) -> torch.Tensor:
    """(n, TEXT_LENGTH) token ids, padded and cut as the pipeline does."""
    batch = words(texts, padding="max_length", max_length=TEXT_LENGTH, truncation=True, return_tensors="pt")
    return batch.input_ids.to(device)


class Teacher:
    """An earlier encoder with its tokenizer: what it knew must go on meaning the same to the UNet."""

    def __init__(self, model: CLIPTextModel, known: CLIPTokenizer, words: CLIPTokenizer) -> None:
        self.model = model.eval().requires_grad_(False)
        old = known.get_vocab()
        ids = [old.get(token, -1) for token, _ in sorted(words.get_vocab().items(), key=lambda item: item[1])]
        self.ids = torch.tensor(ids, device=model.device)

    def hand_down(self, model: CLIPTextModel) -> None:
        """Copies all weights; of the tokens' embeddings those of known tokens."""
        mine = model.state_dict()
        fitting = {k: v for k, v in self.model.state_dict().items() if v.shape == mine[k].shape}
        model.load_state_dict(fitting, strict=False)
        known, rows = self.ids >= 0, self.model.get_input_embeddings().weight
        with torch.no_grad():
            model.get_input_embeddings().weight[known] = rows[self.ids[known]]

    def difference(self, ids: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """Mean squared error of a batch's states, over the captions that this teacher can read."""
        theirs = self.ids[ids]
        readable = (theirs >= 0).all(dim=1)
        if not readable.any():
            return states.new_zeros(())
        with torch.no_grad():
            expected = self.model(theirs[readable]).last_hidden_state
        return nn.functional.mse_loss(states[readable].float(), expected.float())


def train_text_encoder(
    folder: Path,
    words: CLIPTokenizer,
    minutes: float,
    device: torch.device,
    teacher: Teacher | None = None,
) -> CLIPTextModel:
    """Teaches the encoder to read the five attributes off a caption, from its last token and its mean.

    With a ``teacher`` it starts as that and goes on saying the same of captions that it could read.
    """
    torch.manual_seed(2)
    torch.set_flush_denormal(True)
    model = text_encoder(len(words), words.eos_token_id, words.bos_token_id).to(device)
    if device.type == "cpu":  # the fused attention's backward pass is several times slower there
        model.set_attn_implementation("eager")
    if teacher is not None:
        teacher.hand_down(model)
    heads = nn.ModuleList(nn.Linear(TEXT_WIDTH, len(table) + 1) for table in TABLES.values()).to(device)
    both = nn.ModuleList([model, heads])
    optimizer = torch.optim.AdamW(both.parameters(), lr=1e-3, weight_decay=1e-3, fused=True)
    session = Session(folder, "text", minutes, {"both": both, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 11])
    running = session.progress < 1
    while running:
        scenes = [scene_at(int(k)) for k in rng.integers(0, 10**6, 64)]
        target = torch.tensor([labels(s) for s in scenes], device=device)
        ids = tokens(words, [caption(s, rng) for s in scenes], device)
        with autocast(device):
            out = model(ids)
            loss = sum(
                nn.functional.cross_entropy(head(feature).float(), target[:, k])
                for k, head in enumerate(heads)
                for feature in (out.pooler_output, out.last_hidden_state.mean(dim=1))
            )
            if teacher is not None:
                loss = loss + FAITH * teacher.difference(ids, out.last_hidden_state)
        for group in optimizer.param_groups:
            group["lr"] = session.rate(1e-3)
        torch.as_tensor(loss).backward()
        optimizer.step()
        optimizer.zero_grad()
        running = session.tick(float(torch.as_tensor(loss).detach()))
    return model
