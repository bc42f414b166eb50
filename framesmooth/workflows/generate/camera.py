"""The camera of a clip: its schedules, the words of ``--camera``, and those in the prompts."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.camera_grammar import camera_words_in
from framesmooth.timeline.camera_words import camera_schedules

if TYPE_CHECKING:
    from framesmooth.workflows.generate.settings import GenerateSettings


def camera_moves(settings: "GenerateSettings", num_frames: int, size: tuple[int, int]) -> Moves:
    """Return the moves of the camera over frames of ``size`` (height, width) in pixels.

    A move with a schedule of its own has that; the words of ``--camera`` say the others, and without them
    those of the prompts, each from its prompt on.

    Raises:
        UsageError: words that name no move.
    """
    fps, words = settings.timeline.rate, settings.camera.words
    given = {} if settings.camera.moves is None else settings.camera.given
    if words is not None:
        return Moves(**camera_schedules(words, num_frames=num_frames, fps=fps, size=size) | given)
    found: dict[str, list[str]] = {}
    for prompt, (start, end) in zip(settings.prompts, _spans(settings, num_frames), strict=True):
        said = camera_words_in(prompt.prompt)
        if said is None:
            continue
        parts = camera_schedules(said, num_frames=num_frames, fps=fps, size=size, start=start, end=end)
        for name, schedule in parts.items():
            found.setdefault(name, []).append(schedule)
    still = asdict(Moves())
    joined = {name: " + ".join(f"({one} - {still[name]})" for one in many) for name, many in found.items()}
    return Moves(**{name: f"{still[name]} + {text}" for name, text in joined.items()} | given)


def _spans(settings: "GenerateSettings", num_frames: int) -> list[tuple[int, int]]:
    """Return the frames that each prompt's camera words are for: up to the next prompt, or equal shares."""
    times = [prompt.time for prompt in settings.prompts]
    count = len(times)
    if None in times:
        starts = [index * num_frames // count for index in range(count)]
    else:
        starts = [time + num_frames * (time < 0) for time in times if time is not None]
    return list(zip(starts, [*starts[1:], num_frames], strict=True))
