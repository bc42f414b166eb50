"""Weights of words: how they are written, and that they reach their tokens in every family."""

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from framesmooth.errors import UsageError
from framesmooth.models.loading import load_pipeline
from framesmooth.models.lora_spec import TextualInversion
from framesmooth.models.prompt_weighting_spec import Span, parse_weights, plain
from tests.tiny_families import FAMILIES, build_tiny_family


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("weights")
    return cache(lambda name: build_tiny_family(name, root / name))


@pytest.mark.parametrize(
    ("prompt", "spans"),
    [
        ("a cat", [("a cat", 1)]),
        ("a (cat) here", [("a ", 1), ("cat", 1.1), (" here", 1)]),
        ("a (cat:1.3)", [("a ", 1), ("cat", 1.3)]),
        ("a (cat: .5 )", [("a ", 1), ("cat", 0.5)]),
        ("((cat)) [dog]", [("cat", 1.21), (" ", 1), ("dog", 1 / 1.1)]),
        ("(a (cat:2) b:0.5)", [("a ", 0.5), ("cat", 1), (" b", 0.5)]),
        (r"a \(cat\) \[x\] \\", [("a (cat) [x] \\", 1)]),
        (r"(time 12\:30)", [("time 12:30", 1.1)]),
        ("ratio 3:4, cat: (red)", [("ratio 3:4, cat: ", 1), ("red", 1.1)]),
        (" ( cat ) ", [("cat", 1.1)]),
        ("(cat:-1)", [("cat", -1)]),
        ("", []),
        ("()", []),
    ],
)
def test_spellings(prompt: str, spans: list[tuple[str, float]]) -> None:
    found = parse_weights(prompt)
    assert [span.text for span in found] == [text for text, _ in spans]
    assert [span.weight for span in found] == pytest.approx([weight for _, weight in spans])


@pytest.mark.parametrize(
    ("prompt", "column"),
    [("a (cat", 3), ("a cat)", 6), ("a [cat)", 7), ("(cat:30)", 5), ("a cat:1.3)", 10), ("[cat:dog:0.5]", 1)],
)
def test_what_is_wrong_is_pointed_at(prompt: str, column: int) -> None:
    with pytest.raises(UsageError, match=f"column {column}:") as caught:
        parse_weights(prompt)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="ab ,.-12\\()[]:", max_size=12))
def test_escaping_gives_any_text_back(text: str) -> None:
    escaped = "".join(f"\\{letter}" if letter in "\\()[]:|" else letter for letter in text)
    assert plain(escaped) == text.strip()
    assert all(span.weight == 1 for span in parse_weights(escaped))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_weight_reaches_the_tokens_of_its_word_and_no_other(name: str, folders: Any) -> None:
    model = load_pipeline(str(folders(name)), device="cpu", dtype="float32")
    usual, empty = (model.encode(text, "", guided=False)["prompt_embeds"] for text in ("a Cat sea", ""))
    assert torch.equal(model.encode("a (Cat:1.0) sea", "", guided=False)["prompt_embeds"], usual)
    strong = model.encode("a (Cat:1.5) sea", "", guided=False)["prompt_embeds"]
    changed = (strong != usual).any(dim=-1)[0]
    expected = torch.zeros_like(changed)
    place = 0
    for tokenizer, room in model.family.readers:
        before, with_it = (len(tokenizer(model.family.read(text)).input_ids) - 1 for text in ("a", "a Cat"))
        expected[place + before : place + with_it] = True
        place += room
    assert torch.equal(changed, expected)
    torch.testing.assert_close(strong[:, changed] - empty[:, changed], 1.5 * (usual - empty)[:, changed])


def test_negative_prompts_have_weights_too(folders: Any) -> None:
    model = load_pipeline(str(folders("stable_diffusion_xl")), device="cpu", dtype="float32")
    usual, strong = (model.encode("a cat", text, guided=True) for text in ("red sea", "(red:2) sea"))
    assert torch.equal(usual["prompt_embeds"], strong["prompt_embeds"])
    assert not torch.equal(usual["negative_prompt_embeds"], strong["negative_prompt_embeds"])


def test_a_word_after_a_learned_one_of_several_vectors_is_found(folders: Any, tmp_path: Any) -> None:
    save_file({"<toy>": torch.randn(3, 12)}, tmp_path / "toy.safetensors")
    inversion = TextualInversion(tmp_path / "toy.safetensors")
    folder = str(folders("stable_diffusion_2"))
    model = load_pipeline(folder, device="cpu", dtype="float32", textual_inversions=[inversion])
    usual, strong = (
        model.encode(text, "", guided=False)["prompt_embeds"] for text in ("<toy> cat", "<toy> (cat:2)")
    )
    assert (strong != usual).any(dim=-1)[0].nonzero().flatten().tolist() == [4, 5, 6]  # three letters


def test_long_prompts_are_measured_without_their_weights(folders: Any) -> None:
    model = load_pipeline(str(folders("stable_diffusion_2")), device="cpu", dtype="float32")
    fits, longer = "(abcdefgh:1.2) [ijklmn]", "(abcdefgh:1.2) [ijklmn] op"
    assert [model.encode(one, "", guided=False)["prompt_embeds"].shape[1] for one in (fits, longer)] == [
        16,
        32,
    ]
    assert parse_weights("(a)") == (Span("a", 1.1),)
