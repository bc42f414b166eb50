"""Finding, checking and describing models, without loading them."""

import json
import shutil
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from framesmooth.errors import ModelError
from framesmooth.models.catalog import describe
from framesmooth.models.checkpoints import locate_model, model_defaults, weight_hashes
from framesmooth.models.vocabulary import UnknownWord, load_vocabulary, unknown_words


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model to spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def message(model: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        locate_model(str(model))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_folder_is_found(tiny_model: Path) -> None:
    assert locate_model(str(tiny_model)) == tiny_model


def test_a_missing_path_is_not_taken_for_a_hub_id(tmp_path: Path) -> None:
    assert "no model folder" in message(tmp_path / "nowhere")
    assert "no model folder" in message("./no/where")


def test_a_misspelt_name_offers_the_built_in_one() -> None:
    assert "storybook" in message("storybok")


def test_a_hub_id_while_offline_says_how_to_fetch_it() -> None:
    assert "--allow-download" in message("nobody/nothing")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"x")
    assert "is a file" in message(file)


def test_a_folder_without_an_index(tmp_path: Path) -> None:
    assert "model_index.json" in message(tmp_path)


def test_a_damaged_index(copy: Path) -> None:
    (copy / "model_index.json").write_text("{")
    assert "not valid JSON" in message(copy)


@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_component_is_named(copy: Path, component: str) -> None:
    shutil.rmtree(copy / component)
    assert f"{component}/" in message(copy)


def test_pickled_weights_are_refused(copy: Path) -> None:
    (weights,) = (copy / "unet").glob("*.safetensors")
    weights.rename(weights.with_suffix(".bin"))
    assert "pickled" in message(copy)


def test_missing_weights_are_named(copy: Path) -> None:
    (weights,) = (copy / "vae").glob("*.safetensors")
    weights.unlink()
    assert "no *.safetensors" in message(copy)


def test_code_of_a_models_own_is_refused(copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    (copy / "model_index.json").write_text(json.dumps(index | {"_class_name": ["pipeline", "Mine"]}))
    assert "code of its own" in message(copy)
    (copy / "model_index.json").write_text(json.dumps(index | {"unet": ["my_unet", "MyUNet"]}))
    assert "my_unet" in message(copy)


def test_hashes_change_with_the_weights(copy: Path) -> None:
    before = weight_hashes(copy)
    (weights,) = (copy / "unet").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    changed = {name for name, digest in weight_hashes(copy).items() if digest != before[name]}
    assert changed == {weights.relative_to(copy).as_posix()}


def test_only_what_is_loaded_is_hashed(copy: Path) -> None:
    before = weight_hashes(copy)
    assert {"model_index.json", "framesmooth.json", "scheduler/scheduler_config.json"} <= before.keys()
    (copy / "v1-5-pruned.safetensors").write_bytes(b"x")
    (copy / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"x")
    (copy / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"x")
    (copy / "extra").mkdir()
    (copy / "extra" / "model.safetensors").write_bytes(b"x")
    assert weight_hashes(copy) == before
    (copy / "text_encoder" / "model-00001-of-00002.safetensors").write_bytes(b"x")
    assert weight_hashes(copy).keys() - before.keys() == {"text_encoder/model-00001-of-00002.safetensors"}


def test_a_variant_alone_is_not_enough(copy: Path) -> None:
    (weights,) = (copy / "unet").glob("*.safetensors")
    weights.rename(weights.with_suffix(".fp16.safetensors"))
    assert "full precision" in message(copy)


def test_a_download_fetches_only_what_is_loaded(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(_model: str, allow_patterns: Sequence[str] = (), **_: object) -> str:
        asked.extend(allow_patterns)
        return str(copy)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _model, name: str(copy / name))
    assert locate_model("some/model", allow_download=True) == copy

    def fetched(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in asked)

    assert all(fetched(name) for name in weight_hashes(copy))
    assert fetched("unet/diffusion_pytorch_model-00001-of-00002.safetensors")
    for name in (
        "v1-5-pruned.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "unet/diffusion_pytorch_model.bin",
        "vae_1_0/model.safetensors",
    ):
        assert not fetched(name)


@pytest.mark.parametrize("name", ["a--b/c", "a/b..c", "a/" + "b" * 200])
def test_an_odd_hub_id_is_one_line(name: str) -> None:
    assert "check --model" in message(name)


def test_a_description_needs_no_loading(tiny_model: Path) -> None:
    info = describe("tiny", tiny_model)
    assert (info.pipeline, info.license) == ("StableDiffusionPipeline", "Apache-2.0")
    assert info.words == 13
    assert info.size_bytes > 100_000
    assert model_defaults(tiny_model) == {"steps": 4}


def test_unknown_words_come_with_their_nearest() -> None:
    vocabulary = frozenset({"cat", "lion", "on", "the", "red"})
    assert unknown_words("The cat, on the cat", vocabulary) == []
    found = unknown_words("three Lions on the red-cat", vocabulary)
    assert [word.word for word in found] == ["three", "lions"]
    assert found[1].nearest == ("lion",)
    assert str(UnknownWord("cats", ("cat",))) == "cats (nearest: cat)"


def test_a_model_without_a_vocabulary_knows_everything(copy: Path) -> None:
    (copy / "vocabulary.json").unlink()
    assert load_vocabulary(copy) is None


def test_a_damaged_vocabulary_is_an_error(copy: Path) -> None:
    (copy / "vocabulary.json").write_text('["cat"]')
    with pytest.raises(ModelError, match="words"):
        load_vocabulary(copy)
