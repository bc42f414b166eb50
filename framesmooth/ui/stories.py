"""From the shots of the page to a story that ``storyboard`` reads: texts and numbers, and no file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from framesmooth.errors import UsageError
from framesmooth.ui.creation import number_of
from framesmooth.ui.settings import ServerSettings
from framesmooth.video import write_text

STORY_FILE: Final = "story.yaml"
MOST_SHOTS: Final = 100
_TEXTS: Final = ("prompt", "transition", "camera", "title")
_LONGEST: Final = 2000
_FILE: Final = re.compile(r"\S\.(ya?ml|json|txt)\s*$", re.IGNORECASE)
_SIDES: Final = re.compile(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*")
_USUAL_SECONDS: Final = 4.0


def story_request(
    shots: Sequence[Mapping[str, Any]], film: Mapping[str, Any], owner: ServerSettings
) -> dict[str, Any]:
    """Return the request of a job that makes a film, plain JSON types.

    Args:
        shots: rows of the page: prompt, duration in seconds, transition, camera, title, seed.
        film: size as WxH, fps, steps; "" leaves one to the model.
        owner: what may be asked of this server.

    Raises:
        UsageError: no shot, a value that is none, or a film beyond what the owner allows.
    """
    kept = [shot for shot in shots if str(shot.get("prompt") or "").strip()]
    if not kept:
        raise UsageError("there is no shot: say in the first row what it shows")
    if len(kept) > MOST_SHOTS:
        raise UsageError(f"{len(kept)} shots are too many here: write {MOST_SHOTS} at most")
    story: dict[str, Any] = {}
    size = str(film.get("size") or "").strip()
    if size:
        sides = _SIDES.fullmatch(size)
        if sides is None:
            raise UsageError(f"{size[:20]!r} is no size: write it as 256x256")
        if int(sides[1]) * int(sides[2]) > owner.max_pixels:
            raise UsageError(f"{size} is too large here: give {owner.max_pixels} pixels at most")
        story["size"] = f"{int(sides[1])}x{int(sides[2])}"
    fps = number_of(film.get("fps"), "rate", 1, 60) or 12.0
    story["fps"] = f"{fps:g}"
    steps = number_of(film.get("steps"), "number of steps", 1, 10_000)
    if steps is not None:
        story["defaults"] = {"steps": str(int(steps))}
    story["shots"] = [_shot(number, shot) for number, shot in enumerate(kept, start=1)]
    frames = sum(float(shot["duration"]) for shot in story["shots"]) * fps
    if frames > owner.max_frames:
        raise UsageError(f"{frames:.0f} frames are too many here: make {owner.max_frames} at most")
    return {"story": story}


def with_new_seed(request: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the request with the next seed for one shot, which is then made again, and no other.

    Raises:
        UsageError: there is no such shot.
    """
    shots = [dict(shot) for shot in request["story"]["shots"]]
    if not 1 <= number <= len(shots):
        raise UsageError(f"there is no shot {number}: the film has {len(shots)}")
    shots[number - 1]["seed"] = str(int(shots[number - 1].get("seed", 0)) + 1)
    return {"story": {**request["story"], "shots": shots}}


def write_story(folder: Path, request: Mapping[str, Any]) -> Path:
    """Write the story of a job and return its path."""
    path = folder / STORY_FILE
    write_text(path, yaml.safe_dump(request["story"], sort_keys=False, allow_unicode=True, width=100))
    return path


def title_of(request: Mapping[str, Any]) -> str:
    """Return what people call a film."""
    shots = request["story"]["shots"]
    more = f" and {len(shots) - 1} more shots" if len(shots) > 2 else ""
    return f"{shots[0]['prompt']}{more or (' → ' + shots[1]['prompt'] if len(shots) > 1 else '')}"


def _shot(number: int, shot: Mapping[str, Any]) -> dict[str, str]:
    """Return a shot as the story has it: every value a text, so that YAML makes nothing else of it."""
    found = {key: str(shot.get(key) or "").strip() for key in _TEXTS}
    if any(len(text) > _LONGEST for text in found.values()):
        raise UsageError(f"shot {number} has a text of more than {_LONGEST} characters: write less")
    if _FILE.search(found["prompt"]):
        raise UsageError(f"shot {number}: a prompt may not end like the name of a file; say what to show")
    seconds = number_of(shot.get("duration"), f"duration of shot {number}", 0.1, 600)
    found["duration"] = f"{_USUAL_SECONDS if seconds is None else seconds:g}"
    seed = number_of(shot.get("seed"), f"seed of shot {number}", 0, 2**32 - 1)
    if seed is not None:
        found["seed"] = str(int(seed))
    return {key: text for key, text in found.items() if text}
