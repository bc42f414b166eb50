"""How ``storybook`` is trained further: pauses cost nothing, and what is grown says what it said before."""

from pathlib import Path

import pytest
import torch
from storybook import training
from storybook.models import text_encoder, tokenizer
from storybook.text import Teacher, tokens
from torch import nn

CPU = torch.device("cpu")


def test_a_pause_from_outside_costs_no_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    session = training.Session(tmp_path, "any", 10.0, {"part": nn.Linear(1, 1)})
    now += 2.0
    assert session.tick(0.0)
    now += 3600.0  # stopped for an hour
    assert session.tick(0.0)
    assert 2.0 < session.spent <= 2.0 + training.LONGEST


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
