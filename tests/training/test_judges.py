"""Judges: a reader learns words that pictures show, and CLIP in a folder ranks captions."""

from pathlib import Path

import numpy as np
import pytest
import torch

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.training.judges import ClipJudge, LatentJudge, train_word_reader, words_to_learn
from tests.tiny_model import build_tokenizer

CPU = torch.device("cpu")
COLORS = {"red": (220, 40, 40), "blue": (40, 40, 220)}


def colored(number: int) -> tuple[Frame, str]:
    """Return a noisy picture of one of two colours, bright or dark above, and its caption."""
    rng = np.random.default_rng(number)
    name, sky = ("red", "blue")[number % 2], ("night", "noon")[number // 2 % 2]
    picture = np.full((40, 40, 3), COLORS[name], np.int16)
    picture[:16] = 30 if sky == "night" else 230
    picture += rng.integers(-20, 20, picture.shape)
    return picture.clip(0, 255).astype(np.uint8), f"a {name} boat at {sky}"


def test_a_reader_learns_what_pictures_show() -> None:
    frames, captions = zip(*(colored(k) for k in range(120)), strict=True)
    done: list[int] = []
    reader = train_word_reader(frames, captions, steps=12, seed=0, device=CPU, advance=done.append)
    assert reader is not None
    assert sum(done) == 12
    assert set(reader.words) == {"red", "blue", "night", "noon"}, "a word of all captions tells nothing"
    assert reader.trust > 0.95
    fresh, told = zip(*(colored(k) for k in range(200, 220)), strict=True)
    assert reader.agreement(fresh, told)["words_read"] > 0.95
    wrong = [text.replace("red", "x").replace("blue", "red").replace("x", "blue") for text in told]
    assert reader.agreement(fresh, wrong)["words_read"] < 0.7
    assert reader.features(fresh).shape == (20, 512)


def test_too_little_data_makes_no_reader() -> None:
    frames, captions = zip(*(colored(k) for k in range(30)), strict=True)
    assert train_word_reader(frames, captions, steps=1, seed=0, device=CPU, advance=print) is None
    assert words_to_learn(["a cat"] * 200) == ()


def test_clip_ranks_the_own_caption(tmp_path: Path) -> None:
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    tokenizer = build_tokenizer(tmp_path / "tokens")
    small = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config=small
        | {
            "vocab_size": len(tokenizer),
            "max_position_embeddings": tokenizer.model_max_length,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        vision_config=small | {"image_size": 28, "patch_size": 14},
        projection_dim=8,
    )
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(tmp_path / "clip", safe_serialization=True)
    tokenizer.save_pretrained(tmp_path / "clip")
    CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size=28).save_pretrained(tmp_path / "clip")
    judge = ClipJudge.load(tmp_path / "clip")
    frames, captions = zip(*(colored(k) for k in range(12)), strict=True)
    features = judge.features(frames)
    assert np.linalg.norm(features, axis=1) == pytest.approx(np.ones(12))
    found = judge.agreement(frames, captions)
    assert 0 <= found["clip_score"] <= 2.5
    assert 0 <= found["retrieved_of_10"] <= 1
    with pytest.raises(ModelError, match="no CLIP model"):
        ClipJudge.load(tmp_path)


def test_latents_tell_colour_and_layout() -> None:
    judge = LatentJudge(lambda frame: torch.from_numpy(frame.copy()).permute(2, 0, 1).float() / 255)
    features = judge.features([colored(0)[0], colored(4)[0], colored(1)[0]])
    near, far = (float(np.linalg.norm(features[0] - features[k])) for k in (1, 2))
    assert near < far / 3
    assert judge.agreement([], []) == {}
