"""A language model from a folder: it answers, and what cannot be loaded is refused in a line."""

from pathlib import Path

import pytest

from framesmooth.errors import ModelError
from framesmooth.models.language_model import LanguageModel
from tests.tiny_model import build_tokenizer


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny, untrained Llama with 40 words."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llm")
    tokenizer = build_tokenizer(folder / "source")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=48,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "tiny", safe_serialization=True)
    tokenizer.save_pretrained(folder / "tiny")
    return folder / "tiny"


def test_it_answers_always_the_same(tiny: Path) -> None:
    model = LanguageModel(tiny)
    asked = [{"role": "system", "content": "a cat"}, {"role": "user", "content": "the lion"}]
    first = model.answer(asked)
    assert first
    assert model.answer(asked) == first
    with pytest.raises(ModelError, match="48 tokens at once"):
        model.answer([{"role": "user", "content": "cat " * 60}])


def test_what_cannot_be_loaded_is_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        LanguageModel(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="safetensors"):
        LanguageModel(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match="cannot be loaded"):
        LanguageModel(tmp_path)
