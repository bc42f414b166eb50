"""Writing a finished baseline as a model folder."""

import json
from pathlib import Path
from typing import Any

from diffusers import __version__ as diffusers_version
from torch import nn

from framesmooth.models.checkpoints import BUILT_IN_FOLDER
from framesmooth.models.vocabulary import VOCABULARY_FILE

from . import moving_captions as said


def export_baseline(folder: Path, pipeline: str, networks: dict[str, Any], about: str) -> None:
    """Writes networks in float16, the index of their pipeline, notes, and the words that captions had."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in networks.items():
        saved: nn.Module = network.half()
        saved.save_pretrained(folder / name, safe_serialization=True)  # type: ignore[operator]
    index = {"_class_name": pipeline, "_diffusers_version": diffusers_version}
    index |= {name: ["framesmooth", type(network).__name__] for name, network in networks.items()}
    _write(folder / "model_index.json", index)
    _write(folder / "framesmooth.json", {"about": about, "license": "Apache-2.0"})
    known = json.loads((BUILT_IN_FOLDER / VOCABULARY_FILE).read_text(encoding="utf-8"))
    _write(folder / VOCABULARY_FILE, known | {"words": sorted({*known["words"], *motion_words()})}, indent=0)


def motion_words() -> set[str]:
    """The words of the captions' clauses about the subject's motion and about stillness."""
    tables = [*said.WAYS.values(), *said.MOVES.values(), *said.RISES.values(), *said.BEATS.values()]
    tables += [*said.PACES.values(), said.STILL_BEFORE, said.STILL_AFTER]
    return {word for table in tables for clause in table for word in clause.split()}


def _write(path: Path, content: dict[str, Any], indent: int = 2) -> None:
    path.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf-8")
