"""Work items of one clip for workers: batches of keyframes or of frames, in plain types both ways.

A worker keeps the clip and its generator from the first piece on, so later ones only name it.
"""

import base64
import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Progress, Stop
from framesmooth.frames import GeneratedFrame
from framesmooth.generation.batch_executor import DivisibleGenerator, Drawn, keyframe_plan_of
from framesmooth.models.pool import ModelPool
from framesmooth.workflows.crew.outcome import Outcome, explained
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolved_clip import ResolvedClip

DOING: Final = "framesmooth.workflows.generate.pieces:do"
STEPS: Final = "steps"
"""The stage in which a worker tells how many keyframes its steps advanced."""
_at_work: Final[dict[str, DivisibleGenerator]] = {}
"""The generator of the clip that this process works on, by the clip's digest."""


class PackedClip:
    """A clip on its way to another process.

    Raises:
        UsageError: it holds what cannot be sent.
    """

    def __init__(self, clip: ResolvedClip) -> None:
        try:
            packed = pickle.dumps(clip)
        except Exception as error:
            raise UsageError(f"the clip cannot be handed to another process: {error}") from error
        self.text, self.digest = base64.b64encode(packed).decode(), hashlib.sha256(packed).hexdigest()


@dataclass(frozen=True)
class Piece:
    """What a worker is given: to load the model where ``what`` is empty, else a batch.

    Attributes:
        clip: whose piece it is.
        what: "keyframes" with "times", or "frames" with "range", "keyframe_plan" and "latents", all plain.
        with_clip: whether the worker doesn't have the clip yet.
    """

    clip: PackedClip
    what: Mapping[str, Any]
    with_clip: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as ``do`` reads them."""
        sent = {"packed": self.clip.text} if self.with_clip else {}
        return {"clip": self.clip.digest, **sent, **self.what}

    def for_newcomer(self) -> "Piece":
        """Return it together with the clip."""
        return replace(self, with_clip=True)


def keyframes_piece(times: Sequence[int]) -> dict[str, Any]:
    """Return what asks for a batch of keyframes."""
    return {"what": "keyframes", "times": list(times)}


class FramesPieces:
    """What asks for batches of frames, each with the keyframes that it is made from.

    What the generator has to work out for that it does now, in this thread.
    """

    def __init__(self, generator: DivisibleGenerator, batches: Sequence[range]) -> None:
        self._generator, self._plan = generator, generator.keyframe_plan().as_dict()
        if batches:
            generator.needed(batches[0])

    def piece(self, batch: range) -> dict[str, Any]:
        """Return what asks for a batch."""
        asked = {"what": "frames", "range": [batch.start, batch.stop], "keyframe_plan": self._plan}
        return asked | {"latents": as_text(self._generator.needed(batch))}


def drawn_from(facts: Mapping[str, Any]) -> Drawn:
    """Return the keyframes that a worker has made."""
    return from_text(facts["latents"])


def frames_from(facts: Mapping[str, Any]) -> tuple[list[GeneratedFrame], set[int]]:
    """Return the frames that a worker has made, and where they are cross-faded."""
    made = zip(_array(facts["frames"]), facts["faults"], strict=True)
    return [GeneratedFrame(np.ascontiguousarray(frame), fault) for frame, fault in made], set(
        facts["crossfaded"]
    )


def do(task: Mapping[str, Any], emit: Listener, pool: ModelPool, _worker: str) -> Outcome:
    """Make a piece; the first one of a clip loads its model."""
    try:
        with pool.active():
            return Outcome(kind="done", facts=_made(task, emit))
    except (Exception, Stop) as error:
        kind, message = explained(error)
        return Outcome(kind=kind, message=message)


def _made(task: Mapping[str, Any], emit: Listener) -> dict[str, Any]:
    generator = _generator_of(task)
    if task.get("what") == "keyframes":
        counted = 0

        def step_done(steps: int) -> None:
            nonlocal counted
            counted += steps
            emit(Progress(STEPS, steps))

        return {"latents": as_text(generator.draw(task["times"], step_done)), STEPS: counted}
    if task.get("what") == "frames":
        informed = generator.informed(keyframe_plan_of(task["keyframe_plan"]), from_text(task["latents"]))
        informed.crossfaded.clear()
        frames = informed.render(range(*task["range"]))
        return {
            "frames": _text(np.stack([one.frame for one in frames])),
            "faults": [one.fault for one in frames],
            "crossfaded": sorted(informed.crossfaded),
        }
    return {"loaded": generator.facts()}


def _generator_of(task: Mapping[str, Any]) -> DivisibleGenerator:
    """Return the generator of a clip; the one of another clip is let go of."""
    digest = task["clip"]
    if digest not in _at_work:
        _at_work.clear()
        clip: ResolvedClip = pickle.loads(base64.b64decode(task["packed"]))
        made: Any = load_generator(clip, None)
        _at_work[digest] = made
    return _at_work[digest]


def as_text(arrays: Drawn) -> dict[str, str]:
    """Return arrays as texts, by the number of their frame as text."""
    return {str(time): _text(array) for time, array in arrays.items()}


def from_text(texts: Mapping[str, str]) -> dict[int, NDArray[np.float32]]:
    """Return the arrays of ``as_text``."""
    return {int(time): _array(text) for time, text in texts.items()}


def _text(array: NDArray[Any]) -> str:
    content = BytesIO()
    np.save(content, array, allow_pickle=False)
    return base64.b64encode(content.getvalue()).decode()


def _array(text: str) -> NDArray[Any]:
    made: NDArray[Any] = np.load(BytesIO(base64.b64decode(text)), allow_pickle=False)
    return made
