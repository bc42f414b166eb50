"""The run whose frames an extended clip begins with, and what it has of them in memory."""

from dataclasses import dataclass
from typing import Any

from framesmooth.frames import GeneratedFrame
from framesmooth.runs import KeyframeImageFolder, LatentFolder, RunFolder


@dataclass(frozen=True)
class Extension:
    """The run whose frames a clip begins with.

    Attributes:
        run: its folder.
        frames: how many frames were drawn.
        content: what decides them, SHA-256 (hex).
    """

    run: RunFolder
    frames: int
    content: str

    @property
    def key(self) -> dict[str, Any]:
        """Everything that decides the frames that are taken over."""
        return {"frames": self.frames, "content": self.content}


def take_keyframes(extension: Extension, run: RunFolder) -> None:
    """Copy the keyframes of the run that a clip goes on from into that of the clip, whose stage is open."""
    before, notes = extension.run.keyframes, extension.run.keyframes.notes()
    for path in before.results():
        run.keyframes.take(before, path.name)
    if notes.get("faults"):
        run.keyframes.note(faults=notes["faults"] | run.keyframes.notes().get("faults", {}))


def keyframes_in_memory(extension: Extension | None) -> tuple[dict[int, Any], dict[int, GeneratedFrame]]:
    """Return (latents, images) of the keyframes that a clip begins with, by frame."""
    if extension is None:
        return {}, {}
    stage = extension.run.keyframes
    latents, images = LatentFolder(stage), KeyframeImageFolder(stage)
    frames = range(extension.frames)
    return (
        {time: latents[time] for time in frames if time in latents},
        {time: images[time] for time in frames if time in images},
    )
