"""Problems of a data set, found before hours are spent on it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import FramesmoothError
from framesmooth.frames import Frame
from framesmooth.models.checkpoints import pipeline_class
from framesmooth.models.vocabulary import unknown_words
from framesmooth.training.dataset import CAPTION_SUFFIXES, DataSet, Example, frames_of, is_clip
from framesmooth.training.lessons import size_for, sizes_of
from framesmooth.video import image_notices

FEW: Final = 8
"""Pictures below which a LoRA learns their subjects along with their style."""
MOST_COMPARED: Final = 2000
"""Pictures of which each is compared with each."""
_ALIKE: Final = 8
"""Bits of 256 in which the fingerprints of near duplicates differ at most."""
_BLANK: Final = 3.0
"""Standard deviation, in levels of 255, below which a picture shows nothing."""
_CROPPED: Final = 0.25
"""Share of a picture that is cut away, beyond which that is told."""

Kind = Literal[
    "unreadable", "caption", "missing", "orphan", "small", "cropped", "duplicate", "blank", "changed",
    "tokens", "unknown", "few", "same", "short", "cuts", "still",
]  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """Something wrong with a data set.

    Attributes:
        kind: of the problem.
        files: that it is about.
        message: what is wrong and how to mend it, one line.
        fatal: whether no training is possible.
    """

    kind: Kind
    files: tuple[str, ...]
    message: str
    fatal: bool = False

    def __str__(self) -> str:
        more = len(self.files) - 4
        names = ", ".join(self.files[:4]) + (f" and {more} more" if more > 0 else "")
        return f"{names}: {self.message}" if names else self.message


@dataclass(frozen=True)
class Reader:
    """A tokenizer of the base, and how much it reads.

    Attributes:
        tokenizer: of transformers.
        room: tokens that it reads at once, the special ones included.
        chunked: whether what is longer is read in chunks; else it is cut.
    """

    tokenizer: Any
    room: int
    chunked: bool


@dataclass
class _Look:
    """Reads pictures one by one, and notes what is wrong with them."""

    resolution: int
    sizes: list[tuple[int, int]]
    noted: dict[Kind, list[str]] = field(default_factory=lambda: defaultdict(list))
    same: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    prints: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    shapes: Counter[tuple[int, int]] = field(default_factory=Counter)

    def take(self, example: Example, frame: Frame) -> None:
        """Look at a picture, or a frame of a clip."""
        name, (height, width) = example.name, size_for(frame, self.sizes)
        self.shapes[height, width] += 1
        if frame.shape[0] * frame.shape[1] < 0.9 * self.resolution**2:
            self.noted["small"].append(f"{name} ({frame.shape[1]}x{frame.shape[0]})")
        shapes = frame.shape[1] / frame.shape[0], width / height
        if 1 - min(shapes) / max(shapes) > _CROPPED:
            self.noted["cropped"].append(f"{name} ({frame.shape[1]}x{frame.shape[0]})")
        if float(frame.std()) < _BLANK:
            self.noted["blank"].append(name)
        elif example.frame is None:  # frames of one clip are alike, which is no fault
            self.same[hashlib.sha256(frame.tobytes()).hexdigest()].append(name)
            self.prints[name] = _fingerprint(frame)

    def problems(self) -> list[Problem]:
        """Return what is wrong with the pictures."""
        messages: dict[Kind, str] = {
            "small": f"smaller than {self.resolution}x{self.resolution}, enlarged: their blur is learned too",
            "cropped": "far from any shape that is trained, so that much is cut away: crop them yourself",
            "blank": "next to nothing to see: remove them",
        }
        found = [Problem(kind, tuple(names), messages[kind]) for kind, names in self.noted.items()]
        twins = [tuple(names) for names in self.same.values() if len(names) > 1]
        found += [Problem("duplicate", names, "the same picture: keep one") for names in twins]
        known = {frozenset(pair) for names in twins for pair in combinations(names, 2)}
        pairs = combinations(list(self.prints.items())[:MOST_COMPARED], 2)
        near = [
            (one, other)
            for (one, a), (other, b) in pairs
            if int((a != b).sum()) <= _ALIKE and frozenset((one, other)) not in known
        ]
        return found + [Problem("duplicate", pair, "nearly the same picture: keep one") for pair in near]


def _fingerprint(frame: Frame) -> NDArray[np.bool_]:
    """Return 256 bits of a picture: whether each of 16x17 cells is brighter than its neighbour (dHash)."""
    small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (17, 16), interpolation=cv2.INTER_AREA)
    return np.asarray(np.diff(small.astype(np.int16), axis=1) > 0)


def check_dataset(
    data: DataSet,
    resolution: int,
    multiple: int,
    readers: Sequence[Reader],
    vocabulary: frozenset[str] | None,
    clip_frames: int,
    advance: Callable[[int], None],
) -> tuple[list[Problem], dict[tuple[int, int], int]]:
    """Read every picture and caption: return the problems, and how many pictures each size (H, W) has.

    Args:
        data: the data set.
        resolution: side in pixels of the square that a picture has as many pixels as.
        multiple: of which widths and heights are multiples.
        readers: the tokenizers of the base.
        vocabulary: the words that the base knows, None for all.
        clip_frames: frames that are taken from a clip.
        advance: is told how many files are done.
    """
    look = _Look(resolution, sizes_of(resolution, multiple))
    problems: list[Problem] = []
    for example in data.examples:
        try:
            for one, frame in frames_of(example, clip_frames):
                look.take(one, frame)
            if not is_clip(example.path):
                names = (example.path.name,)
                problems += [Problem("changed", names, text) for text in image_notices(example.path)]
        except FramesmoothError as error:
            problems.append(Problem("unreadable", (example.path.name,), str(error), fatal=True))
        advance(1)
    problems += [*look.problems(), *_captions(data), *_tokens(data, readers), *_words(data, vocabulary)]
    if len(data.examples) < FEW:
        few = f"only {len(data.examples)} pictures"
        message = f"{few}: what they show is learned along with how, take {FEW} or more"
        problems.append(Problem("few", (), message))
    return sorted(problems, key=lambda problem: not problem.fatal), dict(look.shapes)


def _captions(data: DataSet) -> list[Problem]:
    """Return what is wrong with captions, and with the files that hold them."""
    found = [
        Problem("caption", (one.path.name,), one.problem, fatal=True) for one in data.examples if one.problem
    ]
    silent = tuple(one.path.name for one in data.examples if not one.caption and not one.problem)
    if silent:
        advice = "write what they show into .txt files beside them, or give --trigger-word"
        fatal = len(silent) == len(data.examples)
        found.append(Problem("caption", silent, f"no caption: {advice}", fatal=fatal))
    if data.missing:
        found.append(Problem("missing", data.missing, f"named in {data.captions} and not there"))
    used = {one.source for one in data.examples}
    orphans = sorted(
        path.name
        for path in data.folder.rglob("*")
        if path.suffix.lower() in CAPTION_SUFFIXES and path.name not in used
    )
    if orphans:
        found.append(Problem("orphan", tuple(orphans), "captions without a picture of that name"))
    texts = {one.caption for one in data.examples}
    worded = any(one.source == "trigger word" for one in data.examples)
    if len(data.examples) > 1 and len(texts) == 1 and texts != {""} and not worded:
        message = "all captions are the same: say in each what that picture shows, so that it is not learned"
        found.append(Problem("same", (), message))
    return found


def _tokens(data: DataSet, readers: Sequence[Reader]) -> list[Problem]:
    """Return captions that are longer than the text encoder reads, by the most roomy one."""
    if not readers:
        return []
    reader = max(readers, key=lambda one: one.room)
    long = [
        f"{one.path.name} ({count} tokens)"
        for one in data.examples
        if (count := len(reader.tokenizer(one.caption, truncation=False).input_ids)) > reader.room
    ]
    if not long:
        return []
    what = "read in chunks here, cut by other programs" if reader.chunked else "cut"
    message = f"captions beyond {reader.room} tokens are {what}: shorten them"
    return [Problem("tokens", tuple(long), message)]


def _words(data: DataSet, vocabulary: frozenset[str] | None) -> list[Problem]:
    """Return the words of captions that the base does not know."""
    if vocabulary is None:
        return []
    counts = Counter(str(word) for one in data.examples for word in unknown_words(one.caption, vocabulary))
    if not counts:
        return []
    words = ", ".join(word for word, _ in counts.most_common(12))
    return [Problem("unknown", (), f"words that the model does not know: {words}; it reads them as noise")]


def readers_of(folder: Path) -> list[Reader]:
    """Return the tokenizers in a model folder; no weights are read.

    The room of a T5 is what the pipelines give it: 512 tokens for Flux, 256 for Stable Diffusion 3.
    """
    import transformers

    transformers.utils.logging.set_verbosity_error()  # of packages that read pictures
    pipeline = pipeline_class(folder)
    chunked = pipeline.startswith(("StableDiffusionPipeline", "StableDiffusionXL"))
    rooms = {"FluxPipeline": 512, "StableDiffusion3Pipeline": 256}
    found = []
    for name in ("tokenizer", "tokenizer_2", "tokenizer_3"):
        if (folder / name).is_dir():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder / name, local_files_only=True)
            room = min(int(tokenizer.model_max_length), rooms.get(pipeline, 512))
            found.append(Reader(tokenizer, room, chunked))
    return found
