"""Finding model folders, and checking that they are complete and safe to load. Nothing here imports torch.

A model is an ordinary diffusers folder: ``model_index.json`` names the components, each has its folder with
a configuration and safetensors weights. Pickled weights (``.bin``, ``.ckpt``, ``.pt``) can run code when they
are loaded and are refused, and so is a folder that brings its own Python code.
"""

import json
import re
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import ModelError
from framesmooth.models.hub import from_hub, looks_like_hub_id
from framesmooth.models.vocabulary import VOCABULARY_FILE
from framesmooth.models.weight_hashes import weights_sha256

BUILT_IN: Final = defaults.MODEL
BUILT_IN_FOLDER: Final = Path(__file__).parent / BUILT_IN
BASELINES: Final = {"storybook-gpt": "gpt", "storybook-gan": "gan"}
"""Built-in models that generate clips, and what ``scripts/train_baselines.py`` calls each."""
INDEX_FILE: Final = "model_index.json"
NOTES_FILE: Final = "framesmooth.json"
"""Optional, beside the index: {"about", "license", "defaults": {"steps", "guidance_scale", ...}}."""

_PICKLED: Final = (".bin", ".ckpt", ".pt", ".pth")
_WEIGHTS: Final = re.compile(r"(diffusion_pytorch_)?model(-\d+-of-\d+)?\.safetensors")
"""The files of weights that are loaded: no variants such as model.fp16.safetensors."""
_SETTINGS: Final = (".json", ".txt", ".model")
_OWN_PIPELINES: Final = ("VideoGptPipeline", "RecurrentGanPipeline")
"""Pipelines of this package: they read prompts and decode latents with the parts of the built-in model."""
_SHARED: Final = ("text_encoder", "tokenizer", "vae")
_FETCHED: Final = (
    *(f"*{suffix}" for suffix in _SETTINGS),
    *("model.safetensors", "model-*.safetensors"),
    *("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model-*.safetensors"),
)
_WITHOUT_WEIGHTS: Final = re.compile(r"Scheduler|Tokenizer|Processor|FeatureExtractor")


def locate_model(model: str, *, config: Path | None = None, allow_download: bool = False) -> Path:
    """Return the folder of ``model``: the built-in's name, a folder, or a hub id from the local cache.

    That of a checkpoint in one file is ``config``.

    Args:
        model: "storybook", a path, or "owner/name".
        config: a folder in diffusers' format, whose weights aren't needed, for a .safetensors file.
        allow_download: fetch a hub id that isn't in the cache; nothing contacts the hub otherwise.

    Raises:
        ModelError: when there is no such folder, when it isn't a complete diffusers model, when its weights
            are pickled, or when a hub id is neither cached nor allowed to be downloaded.
    """
    folder = Path(model).expanduser()
    if is_checkpoint(model):
        return _config_of(folder, config)
    if config is not None:
        raise ModelError(f"--config is for checkpoints in one .safetensors file, {model} is none: drop it")
    if model == BUILT_IN:
        folder = BUILT_IN_FOLDER
        if not (folder / INDEX_FILE).is_file():
            raise ModelError(
                "the built-in model 'storybook' is not in this installation: reinstall framesmooth"
            )
    elif model in BASELINES and not folder.exists():
        folder = _baseline(model)
    elif folder.is_file():
        raise ModelError(
            f"{model} is a file: --model takes a diffusers folder (with {INDEX_FILE}) or a hub id"
        )
    elif not folder.exists():
        folder = (
            from_hub(model, allow_download, _fetched_of_model)
            if looks_like_hub_id(model)
            else _not_found(model)
        )
    check_model(folder)
    return folder


def shipped_baselines() -> list[str]:
    """Return the baselines that are in this installation."""
    return [name for name in BASELINES if (Path(__file__).parent / name / INDEX_FILE).is_file()]


def _baseline(model: str) -> Path:
    folder = Path(__file__).parent / model
    if not (folder / INDEX_FILE).is_file():
        made = f"scripts/train_baselines.py {BASELINES[model]} --export DIR"
        raise ModelError(f"{model} is not in this installation: make it by {made}, then give --model DIR")
    return folder


def is_checkpoint(model: str) -> bool:
    """Tell whether ``model`` names a checkpoint in one file, which is there."""
    path = Path(model).expanduser()
    return model != BUILT_IN and path.suffix == ".safetensors" and path.is_file()


def _config_of(checkpoint: Path, config: Path | None) -> Path:
    if config is None:
        raise ModelError(
            f"{checkpoint} is a file of weights: add --config DIR, a folder of its pipeline in diffusers' "
            "format, where weights aren't needed"
        )
    check_model(config, weights=False)
    return config


def _not_found(model: str) -> Path:
    near = get_close_matches(model, [BUILT_IN, *BASELINES], cutoff=0.5)
    advice = f"did you mean {near[0]}?" if near else "--model takes a folder, a hub id, or 'storybook'"
    raise ModelError(f"no model folder at {model}: {advice}")


def _fetched_of_model(fetch: Callable[[str], Path]) -> list[str]:
    """Return patterns of the files of a pipeline on the hub that are worth fetching."""
    index = _read_index(fetch(INDEX_FILE).parent)
    parts = [f"{name}/{pattern}" for name in _components(index) for pattern in _FETCHED]
    return [INDEX_FILE, NOTES_FILE, VOCABULARY_FILE, *parts]


def check_model(folder: Path, *, weights: bool = True) -> None:
    """Check that ``folder`` is a whole diffusers pipeline with safetensors weights and no code of its own.

    Without ``weights`` the configurations are enough.

    Raises:
        ModelError: naming the first thing that is missing or refused.
    """
    index = _read_index(folder)
    if not isinstance(index.get("_class_name"), str):
        raise ModelError(
            f"{folder.name} brings pipeline code of its own, which is never run: use a standard class"
        )
    is_own = index["_class_name"] in _OWN_PIPELINES
    for name, (library, class_name) in _components(index).items():
        if not _is_known_library(library) and not (is_own and library == "framesmooth"):
            raise ModelError(
                f"{folder.name}: component '{name}' is of {library!r}: only diffusers and transformers may be"
            )
        part = folder / name
        if not part.is_dir() or not any(part.iterdir()):
            raise ModelError(f"{folder.name} is incomplete: its {class_name} has no files in {name}/")
        if weights and not _WITHOUT_WEIGHTS.search(class_name):
            check_weights(part, folder.name)


def _read_index(folder: Path) -> dict[str, Any]:
    if not (folder / INDEX_FILE).is_file():
        raise ModelError(f"{folder} has no {INDEX_FILE}: it is not a diffusers model folder")
    return read_object(folder / INDEX_FILE)


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a model.

    Raises:
        ModelError: when it holds something else.
    """
    name = f"{path.parent.name}/{path.name}"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{name} is not valid JSON ({error}): fetch the model again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{name} is not a JSON object: fetch the model again")
    return content


def _components(index: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return name -> (library, class) of the components that are not left out (null)."""
    pairs = {name: value for name, value in index.items() if isinstance(value, list) and len(value) == 2}
    return {name: (str(value[0]), str(value[1])) for name, value in pairs.items() if value[0] is not None}


def _is_known_library(library: str) -> bool:
    """Tell whether a component is diffusers', transformers', or of one of diffusers' pipeline packages."""
    if library in ("diffusers", "transformers"):
        return True
    spec = find_spec("diffusers")  # finds the package without importing it
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    return library.isidentifier() and any(
        (Path(folder) / "pipelines" / library).is_dir() for folder in folders
    )


def check_weights(part: Path, model: str) -> None:
    """Check that ``part``, a component of ``model``, has weights that are safetensors.

    Raises:
        ModelError: where it has none, or only pickled ones.
    """
    if any(_WEIGHTS.fullmatch(path.name) for path in part.iterdir()):
        return
    if any(path.suffix in _PICKLED for path in part.iterdir()):
        raise ModelError(
            f"{model}/{part.name} has only pickled weights, which can run code when loaded: "
            "convert them with save_pretrained(safe_serialization=True)"
        )
    raise ModelError(f"{model} is incomplete: {part.name}/ has no *.safetensors weights of full precision")


def weight_hashes(folder: Path, checkpoint: Path | None = None) -> dict[str, str]:
    """Return relative path -> SHA-256 (hex) of every file that decides what the model answers.

    These are the index, the notes, and what its components load: no checkpoint of another program, no
    variant of the weights, nothing of the other folders. With a ``checkpoint`` the weights are that file. A
    baseline's are with those of the built-in model that it shares.
    """
    own = [path for path in (folder / INDEX_FILE, folder / NOTES_FILE) if path.is_file()]
    parts = [folder / name for name in _components(_read_index(folder))]
    loaded = [path for part in parts for path in loaded_files(part, weights=checkpoint is None)]
    hashes = {} if checkpoint is None else {checkpoint.name: weights_sha256(checkpoint)}
    if pipeline_class(folder) in _OWN_PIPELINES:
        shared = [path for part in _SHARED for path in loaded_files(BUILT_IN_FOLDER / part)]
        hashes |= {
            f"{BUILT_IN}/{path.relative_to(BUILT_IN_FOLDER).as_posix()}": weights_sha256(path)
            for path in shared
        }
    return hashes | {
        path.relative_to(folder).as_posix(): weights_sha256(path) for path in sorted(own + loaded)
    }


def loaded_files(part: Path, *, weights: bool = True) -> list[Path]:
    """Return the files of a component's folder that are loaded, in order."""
    return sorted(
        path
        for path in part.iterdir()
        if path.suffix in _SETTINGS or (weights and _WEIGHTS.fullmatch(path.name))
    )


def model_defaults(folder: Path) -> dict[str, Any]:
    """Return the settings the model asks for, if any.

    Known are steps, guidance_scale, guidance_end, feedback_guidance_scale (of frames that start from the
    one before), negative_prompt, width and height.
    """
    defaults = notes_of(folder).get("defaults")
    return dict(defaults) if isinstance(defaults, dict) else {}


def left_out(folder: Path) -> list[str]:
    """Return the names of the components that the pipeline in ``folder`` does without (null)."""
    index = _read_index(folder)
    return [name for name, value in index.items() if isinstance(value, list) and value[:1] == [None]]


def pipeline_class(folder: Path) -> str:
    """Return the name of the pipeline's class."""
    return str(_read_index(folder)["_class_name"])


def notes_of(folder: Path) -> dict[str, Any]:
    """Return the model's own notes, empty without them.

    Raises:
        ModelError: when the file is there but holds no JSON object.
    """
    path = folder / NOTES_FILE
    return read_object(path) if path.is_file() else {}
