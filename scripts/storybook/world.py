"""The small world that ``storybook`` knows: attributes, their colours and which combinations are held out."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

RGB = tuple[float, float, float]

PLACES = ("sea", "beach", "hills", "desert", "snow", "forest", "city", "lake", "savanna", "moon")
LIGHTS = ("dawn", "noon", "sunset", "night", "storm", "fog")
STYLES = ("flat", "watercolor", "pixel", "ink", "oil")
SUBJECTS = (
    "sailboat",
    "lighthouse",
    "house",
    "tree",
    "balloon",
    "mountain",
    "bird",
    "cat",
    "lion",
    "horse",
    "fish",
    "castle",
    "windmill",
    "rocket",
    "astronaut",
    "train",
    "rider",
    "dog",
    "deer",
    "owl",
    "butterfly",
    "whale",
    "dragon",
    "car",
    "flower",
    "none",
)

# Odds among training scenes: shapes with much detail need more pictures.
OFTEN = {"dog", "deer", "owl", "butterfly", "whale", "dragon", "car", "flower"}
ODDS = np.array([2.0 if name in OFTEN else 1.0 for name in SUBJECTS[:-1]])

COLORS: dict[str, RGB] = {
    "red": (214, 40, 40),
    "orange": (245, 130, 24),
    "yellow": (250, 212, 48),
    "green": (52, 160, 68),
    "blue": (38, 96, 216),
    "purple": (132, 52, 178),
    "pink": (250, 140, 184),
    "white": (246, 246, 242),
    "black": (34, 32, 38),
}

# What a subject looks like when nobody names its colour.
NATURAL: dict[str, tuple[RGB, ...]] = {
    "sailboat": (COLORS["white"], COLORS["white"], COLORS["red"]),
    "lighthouse": (COLORS["red"],),
    "house": (COLORS["white"], (226, 196, 140), (200, 92, 70)),
    "tree": ((60, 140, 62), (88, 152, 56)),
    "balloon": tuple(COLORS[c] for c in ("red", "orange", "yellow", "blue")),
    "mountain": ((112, 118, 138), (122, 110, 108)),
    "bird": (COLORS["white"], COLORS["black"], COLORS["blue"]),
    "cat": ((232, 140, 56), (232, 140, 56), (128, 128, 136), COLORS["black"]),
    "lion": ((222, 168, 82),),
    "horse": ((140, 84, 48), (108, 64, 40)),
    "fish": ((245, 140, 40), (70, 130, 200)),
    "castle": ((176, 172, 178), (204, 188, 160)),
    "windmill": (COLORS["white"], (214, 190, 156)),
    "rocket": (COLORS["white"], COLORS["red"]),
    "astronaut": (COLORS["white"],),
    "train": (COLORS["black"], COLORS["red"], (40, 90, 70)),
    "rider": ((140, 84, 48), (236, 232, 226)),
    "dog": ((186, 124, 70), (226, 184, 124), (120, 82, 56)),
    "deer": ((168, 106, 62), (146, 92, 54)),
    "owl": ((142, 104, 74), (126, 112, 104)),
    "butterfly": tuple(COLORS[c] for c in ("orange", "blue", "yellow", "pink")),
    "whale": ((62, 98, 142), (74, 90, 112)),
    "dragon": ((62, 146, 74), (190, 50, 46)),
    "car": tuple(COLORS[c] for c in ("red", "blue", "yellow")),
    "flower": tuple(COLORS[c] for c in ("pink", "red", "yellow", "white")),
    "none": ((0, 0, 0),),
}


@dataclass(frozen=True)
class Motion:
    """What moves in a scene. The default: only what always moves, as water, rain and flames.

    Attributes:
        action: Of the subject: one of motion.ACTIONS; "travel" has a direction.
        direction: One of motion.DIRECTIONS, or "" where the subject stays.
        camera: One of motion.CAMERAS. What a camera shows moves against it.
        sky: One of motion.SKIES.
        pace: Of the subject: one of motion.PACES.
        mentions: Which of "action", "direction", "camera", "sky" captions name.
    """

    action: str = "rest"
    direction: str = ""
    camera: str = "still"
    sky: str = "still"
    pace: str = "normal"
    mentions: frozenset[str] = frozenset({"action", "direction", "camera", "sky", "pace"})


@dataclass(frozen=True)
class Scene:
    """What one picture shows, and which parts of that its captions mention."""

    place: str
    light: str
    subject: str
    color: str | None
    style: str
    mentions: frozenset[str]
    seed: int
    nearing: tuple[str, float] | None = None  # another light, and the share of the way to its palette
    motion: Motion | None = None  # nothing moves without one

    @property
    def held_out(self) -> bool:
        """True for the fifth of all (place, light, subject, colour) combinations that training never sees."""
        key = f"{self.place}/{self.light}/{self.subject}/{self.color}"
        return crc32(key.encode()) % 5 == 0


def sample_scene(rng: np.random.Generator, *, held_out: bool = False, complete: bool = False) -> Scene:
    """Draws a scene: from the training combinations, or only from those held out of training.

    With ``complete`` every attribute is set and mentioned and there is a subject (for evaluation).
    """
    while True:
        if complete:
            subject = str(rng.choice(SUBJECTS[:-1]))
        else:
            subject = str(rng.choice(SUBJECTS[:-1], p=ODDS / ODDS.sum())) if rng.random() > 0.07 else "none"
        mentions = {"place", "light", "subject", "color", "style"}
        if not complete:
            odds = {"place": 0.93, "light": 0.85, "color": 0.66, "style": 0.78}
            mentions -= {part for part, chance in odds.items() if rng.random() > chance}
        if subject == "none":
            mentions = (mentions | {"place", "light"}) - {"subject", "color"}
        colored = "color" in mentions
        scene = Scene(
            place=str(rng.choice(PLACES)),
            light=str(rng.choice(LIGHTS))
            if "light" in mentions
            else str(rng.choice(["noon", "sunset", "dawn"])),
            subject=subject,
            color=str(rng.choice(list(COLORS))) if colored else None,
            style=str(rng.choice(STYLES)) if "style" in mentions else str(rng.choice(["flat", "oil"])),
            mentions=frozenset(mentions),
            seed=int(rng.integers(2**31)),
        )
        if scene.color is None or scene.held_out == held_out:
            return scene
