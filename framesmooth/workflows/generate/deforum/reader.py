"""Settings files of Deforum: what they ask for, as options of ``generate``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FPS, MAX_FRAMES, MAX_SIDE, MAX_STEPS
from framesmooth.models.scheduler_spec import sampler_of
from framesmooth.motion.camera.moves import RANGES
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.timeline.text_files import parse_json, read_text
from framesmooth.video import open_source
from framesmooth.workflows.generate.deforum.camera import DEEP, FLAT, factors
from framesmooth.workflows.generate.deforum.keys import is_unused, with_new_names
from framesmooth.workflows.generate.deforum.prompts import read_prompts, readable
from framesmooth.workflows.generate.deforum.values import Values

_FRAMES: Final = 120
_SIDE: Final = 512
_FOV: Final = 70.0
"""Deforum's defaults for keys that a file lacks."""

_MOVES: Final = {**FLAT, **DEEP}
_WHOLE: Final = {
    "W": ("width", 8, MAX_SIDE),
    "H": ("height", 8, MAX_SIDE),
    "steps": ("steps", 1, MAX_STEPS),
    "max_frames": ("num_frames", 1, MAX_FRAMES),
    "diffusion_cadence": ("cadence", 1, MAX_FRAMES),
}
_PROMPTS: Final = ("animation_prompts", "prompts")
_TELLING: Final = (*_PROMPTS, "animation_mode", "strength_schedule", "deforum_settings", "input")
"""Keys by which a settings file is known."""
_SEEDS: Final = 2**32
_READ: Final = {
    *(
        *_PROMPTS,
        "seed",
        "animation_mode",
        "fps",
        "cfg_scale_schedule",
        "scale",
        "strength_schedule",
        "sampler",
    ),
    *("seed_behavior", "seed_schedule", "fov", "fov_schedule", "aspect_ratio_schedule"),
    *("aspect_ratio_use_old_formula", "positive_prompts", "negative_prompts", "color_coherence"),
    *("animation_prompts_positive", "animation_prompts_negative", "init_image", "use_init"),
}
_MODES: Final = ("2D", "3D", "Video Input", "Interpolation", "None")
_VIDEO: Final = "Video Input"
_EXTRACTION: Final = {"extract_nth_frame": 1, "extract_from_frame": 0, "extract_to_frame": -1}
"""What takes a video whole."""
_SEED_BEHAVIORS: Final = ("fixed", "iter", "random", "ladder")


@dataclass(frozen=True)
class Deforum:
    """What a settings file asks for.

    Attributes:
        prompts: in order of time.
        options: name -> value of options of ``generate``; the moves of the camera are among them.
        unused: keys that would change the image, and have no counterpart here.
        notes: what is taken otherwise than it is written.
    """

    prompts: tuple[TimedPrompt, ...]
    options: Mapping[str, Any]
    unused: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def has_prompts(self) -> bool:
        """Whether any prompt is not empty: presets leave them to the user."""
        return any(prompt.prompt for prompt in self.prompts)


def is_settings_file(text: str) -> bool:
    """Tell whether an argument names a Deforum settings file: a .txt or .json file with some of its keys.

    A .txt file that is missing or begins with a brace is taken for one, too; any other holds prompts.
    """
    name = text.strip()
    if re.search(r"\S\.txt$", name, re.IGNORECASE):
        if not Path(name).is_file():
            return len(name.split()) == 1
        return read_text(Path(name)).lstrip().startswith("{")
    if not re.search(r"\S\.json$", name, re.IGNORECASE) or not Path(name).is_file():
        return False
    content = parse_json(read_text(Path(name)), Path(name))
    return isinstance(content, dict) and any(key in content for key in _TELLING)


def read_deforum(path: Path, asked: Mapping[str, Any]) -> Deforum:
    """Read a settings file; ``asked`` are the options that go before what it says.

    Raises:
        UsageError: it cannot be read, or a value is wrong; the message names line, key and place.
    """
    text = read_text(path)
    content = parse_json(text, path)
    if not isinstance(content, dict) or not any(str(key).strip() in _TELLING for key in content):
        raise UsageError(f"{path} is no Deforum settings file: it needs prompts, a map of frames and texts")
    return _Reader(path, text, with_new_names(content), asked).read()


class _Reader(Values):
    def __init__(self, path: Path, text: str, content: dict[str, Any], asked: Mapping[str, Any]) -> None:
        super().__init__(path, text, content, asked)
        moving = any(key in content for key in (*_MOVES, "strength_schedule"))
        self.mode = str(content.get("animation_mode", "2D" if moving else "Interpolation")).strip()

    def read(self) -> Deforum:
        known = {mode.lower(): mode for mode in _MODES}
        if self.mode.lower() not in known:
            raise self.error("animation_mode", f"{self.mode!r} is not to be had: write {', '.join(_MODES)}")
        self.mode = known[self.mode.lower()]
        self.chained = self.mode in ("2D", "3D")
        self.redraws = self.chained or self.mode == _VIDEO  # frames are drawn over others
        self.options["num_frames"] = _FRAMES
        for key, (name, least, largest) in _WHOLE.items():
            if key in self.content and (self.chained or key != "diffusion_cadence"):
                self.options[name] = self._whole(key, least, largest)
        if "seed" in self.content:
            self.options["seed"] = self._seed()
        if "fps" in self.content:
            self.options["fps"] = Fraction(str(self._number("fps", 0.01, MAX_FPS)))
        if self.mode == _VIDEO:
            self._read_video()
        self.frames = int(self._wanted("num_frames", _FRAMES))
        self._read_sampling()
        self._read_seeds()
        if self.redraws:
            self._read_strength()
        if self.chained:
            self._read_chain()
        prompts = read_prompts(self, next((key for key in _PROMPTS if self.content.get(key)), ""))
        handled = _READ | set(_WHOLE) | set(_MOVES)
        for key, value in self.content.items():
            if key not in handled and is_unused(
                key, value, chained=self.chained, perspective=self.mode == "3D"
            ):
                self.unused.append(key)
        return Deforum(
            prompts, self.options, tuple(dict.fromkeys(self.unused)), tuple(dict.fromkeys(self.notes))
        )

    def _seed(self) -> int:
        """Return the seed: any below 0 is random, any too large one is cut to 32 bits, as in NumPy."""
        seed = int(self._number("seed", -(2**63), 2**64))
        if seed >= _SEEDS:
            self.notes.append(f"seed {seed} counts as {seed % _SEEDS}: seeds have 32 bits")
        return max(-1, seed % _SEEDS if seed >= 0 else -1)

    def _read_sampling(self) -> None:
        content = self.content
        for key in ("scale", "cfg_scale_schedule"):
            if key in content:
                self.options["guidance_scale"] = self._first(key)
                if self.options["guidance_scale"] < 0:
                    raise self.error(key, f"{content[key]!r} is below 0")
        if "sampler" in content:
            name = sampler_of(content)
            if name is None:
                self.unused.append("sampler")
            else:
                self.options["scheduler"] = name
        for key in ("animation_prompts_negative", "negative_prompts"):
            if content.get(key):
                self.options["negative_prompt"] = self._avoided(key)

    def _avoided(self, key: str) -> str:
        """Return what all frames avoid: a text, or the first one of a map of frames and texts."""
        value = self.content[key]
        if isinstance(value, dict | list) and value:
            texts = list(value.values() if isinstance(value, dict) else value)
            if len(set(map(str, texts))) > 1:
                self.unused.append(f"{key} after frame 0")
            self.content[key] = texts[0]
        return readable(self, key, self.text_of(key))

    def _read_video(self) -> None:
        """Read the video whose frames are drawn anew: the clip is as long."""
        video = self.asked.get("init_video")
        if video is None:
            if not self.content.get("video_init_path"):
                raise self.error("animation_mode", f"{_VIDEO} needs a video_init_path")
            video = self.path.parent / self.text_of("video_init_path")
            if not video.exists():
                raise self.error("video_init_path", f"{video} does not exist: nothing is fetched")
        source = open_source(video, fps=self.asked.get("fps"))  # Deforum counts the video's own frames
        if self.options.get("fps", source.fps) != source.fps:
            self.unused.append("fps")
        self.options |= {"init_video": video, "num_frames": source.num_frames, "fps": source.fps}
        whole = _EXTRACTION.items()
        self.unused += [key for key, value in whole if str(self.content.get(key, value)) != str(value)]

    def _read_seeds(self) -> None:
        """Read how seeds follow each other; each frame of a chain gets new noise in any case."""
        asked = self.content.get("seed_behavior")
        if not self.redraws and asked in _SEED_BEHAVIORS:
            self.options["seed_behavior"] = asked
        elif asked not in (None, "fixed") and not (self.chained and asked in _SEED_BEHAVIORS):
            self.unused.append("seed_behavior")

    def _read_strength(self) -> None:
        """Read how much is drawn anew; Deforum's schedule counts what is kept, and is clamped there, too."""
        if "strength_schedule" in self.content:
            self.options["strength"] = self._written("strength_schedule", -1, 1, least=0, largest=1)

    def _read_chain(self) -> None:
        """Read what is said of frames that are drawn from the one before."""
        coherence = str(self.content.get("color_coherence", ""))
        if coherence.lower() in ("none", "false"):
            self.options["color_anchor"] = 0.0
        elif coherence in ("Video Input", "Image"):
            self.unused.append("color_coherence")
        scales = self._factors() if self.mode == "3D" else dict.fromkeys(FLAT, 1.0)
        if self.mode == "2D":
            self.options["zoom"] = "1"  # frames are drawn from the one before though nothing moves
        else:
            self.options["translate_z"] = "0"
        for key, name in (DEEP if self.mode == "3D" else FLAT).items():
            if key in self.content:
                self.options[name] = self._move(key, name, scales[key])
        self._read_first_picture()

    def _move(self, key: str, name: str, scale: float) -> str:
        """Return the schedule of a move of ours, clamped to where some of the image stays in view."""
        least, largest, what = RANGES[name]
        if name == "zoom" and min(self._schedule(key).values) <= 0:
            frame = int(np.argmin(self._schedule(key).values))
            raise self.error(key, f"0 or less at frame {frame} leaves nothing of the image: {what}")
        return self._written(key, scale, least=least, largest=largest)

    def _read_first_picture(self) -> None:
        name = self.content.get("init_image")
        if not self._is_on("use_init") or not name:
            return
        found = self.path.parent / str(name)
        if not found.is_file():
            self.unused.append("init_image")
        else:
            self.options["init_image"] = found

    def _factors(self) -> dict[str, float]:
        """Return what the moves in 3D are multiplied with."""
        width, height = (int(self._wanted(name, _SIDE)) for name in ("width", "height"))
        fov = _FOV
        for key in ("fov", "fov_schedule"):
            fov = self._first(key) if key in self.content else fov
            if not 0 < abs(fov) < 180:
                raise self.error(key, f"{fov:g} is 0 or outside -180 to 180 degrees")
        old = "aspect_ratio_schedule" not in self.content or self._is_on("aspect_ratio_use_old_formula")
        aspect = width / height if old else self._first("aspect_ratio_schedule")
        if aspect <= 0:
            raise self.error("aspect_ratio_schedule", f"{aspect:g} is not above 0")
        return factors(width, height, fov, aspect)
