"""How ``storybook`` is trained further: pauses cost nothing, and what is grown says what it said before."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from storybook.dataset import scene_at
from storybook.finish import Lessons, _crops, prepare, train_finish
from storybook.models import autoencoder, text_encoder, tokenizer, unet
from storybook.painter import paint
from storybook.styles import pixel
from storybook.text import Teacher, tokens
from storybook.train_diffusion import Latents, Stage, _batch
from train_storybook import NOTES, mix

import framesmooth.models as storybook_package
from framesmooth.models.loading import load_pipeline

CPU = torch.device("cpu")


def test_new_words_leave_the_reading_of_old_captions_alone() -> None:
    torch.manual_seed(0)
    old, new = ["a red cat", "a cat at night"], ["a red dog at night", "an owl", "a cat", "red"] * 3
    known, words = tokenizer(old * 3), tokenizer(old * 3 + new)
    start = text_encoder(len(known), known.eos_token_id, known.bos_token_id).eval()
    teacher = Teacher(start, known, words)
    model = text_encoder(len(words), words.eos_token_id, words.bos_token_id).eval()
    assert teacher.difference(tokens(words, old, CPU), model(tokens(words, old, CPU)).last_hidden_state) > 0
    teacher.hand_down(model)
    with torch.no_grad():
        expected = start(tokens(known, old, CPU)).last_hidden_state
        states = model(tokens(words, old, CPU)).last_hidden_state
        torch.testing.assert_close(states, expected, rtol=0, atol=1e-5)
        unread = tokens(words, ["a red dog at night"], CPU)
        assert teacher.difference(unread, model(unread).last_hidden_state) == 0


@pytest.mark.parametrize(("height", "block"), [(64, 1), (128, 2), (224, 4), (256, 4), (512, 8)])
def test_pixel_art_has_as_many_blocks_at_every_size(height: int, block: int) -> None:
    rng = np.random.default_rng(0)
    picture = pixel(rng.integers(0, 256, (height, height, 3), np.uint8), rng)
    runs = np.flatnonzero((picture[:, 1:] != picture[:, :-1]).any(axis=(0, 2))) + 1
    assert set(runs % block) == {0}
    assert len(runs) > 0.9 * (height // block - 1)


def test_no_caption_is_empty_but_of_what_is_no_pixel_art() -> None:
    first, count = 0, 400
    z = np.arange(count, dtype=np.float16)[:, None, None, None] * np.ones((1, 1, 2, 2), np.float16)
    chunk = Latents(first, z, np.zeros((count, 2, 2), np.uint8))
    stage = Stage("unet", 1.0, {"square": 1.0}, batch=600, decay=0.5)
    values, _, texts = _batch([("square", chunk)], stage, np.random.default_rng(1))
    styles = [scene_at(round(float(one[0, 0, 0]))).style for one in values]
    assert sum(text == "" for text in texts) > 20
    assert all(text for text, style in zip(texts, styles, strict=True) if style == "pixel")


def test_paintings_are_redrawn_and_stay_what_they_are(tmp_path: Path) -> None:
    pipe = load_pipeline("storybook", device="cpu")
    lessons = prepare(tmp_path / "lessons.npz", pipe, 3, 2, "small", 1)
    assert lessons.pictures.shape == (2, 128, 128, 3)
    assert lessons.encoded.shape == lessons.redrawn.shape == (2, 8, 16, 16)
    assert np.array_equal(lessons.pictures[1], paint(scene_at(4), 128, 128))
    off = (lessons.redrawn.astype(float) - lessons.encoded).std()
    assert 0.02 < off < 0.7 * lessons.encoded.astype(float).std()
    again = prepare(tmp_path / "lessons.npz", pipe, 3, 2, "small", 1)
    assert np.array_equal(again.redrawn, lessons.redrawn)


def test_the_decoder_learns_to_make_the_painting_of_latents_that_the_model_drew(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (2, 128, 128, 3), np.uint8)
    encoded = rng.standard_normal((2, 8, 16, 16)).astype(np.float16)
    lessons = Lessons(pictures, encoded, encoded + np.float16(0.3))
    latents, crops = _crops([lessons], 40, rng, CPU)
    assert latents.shape == (40, 8, 12, 12)
    assert crops.shape == (40, 3, 96, 96)
    vae = autoencoder()
    before = {name: weight.clone() for name, weight in vae.state_dict().items()}
    after = train_finish(tmp_path, vae, [lessons], 1e-3, CPU, batch=2).state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"decoder"}


def test_a_share_of_the_start_stays_in_its_weights() -> None:
    torch.manual_seed(1)
    net, start = unet(), unet()
    expected = {name: (3 * w + start.state_dict()[name]) / 4 for name, w in net.state_dict().items()}
    mix(net, start, 0.25)
    for name, weight in net.state_dict().items():
        torch.testing.assert_close(weight, expected[name])


def test_a_trained_model_gets_the_defaults_of_the_shipped_one() -> None:
    shipped = Path(storybook_package.__file__).parent / "storybook" / "framesmooth.json"
    assert json.loads(shipped.read_text()) == NOTES
