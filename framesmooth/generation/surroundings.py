"""What moves by itself in the pictures of a clip: water, clouds, flames, smoke, each where it is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from framesmooth.frames import Frame
from framesmooth.generation.ambient_motion import Ripples, ripples, water_in
from framesmooth.generation.fire_and_smoke import Flames, Gone, Smoke, air_around, flames_in, smoke
from framesmooth.generation.sky_motion import Clouds, clouds
from framesmooth.generation.sky_region import sky_in, sky_of
from framesmooth.generation.subject_layers import Layers
from framesmooth.generation.word_maps import Map
from framesmooth.timeline.ambient_words import Ambient

SOUGHT_BY_WORD: Final = ("water", "fire")
"""Kinds whose place the model tells."""
_MISSING: Final = {
    "water": "no water was found in the picture",
    "clouds": "no sky that stands out from all else was found in the picture",
    "smoke": "nothing that it could rise from was found in the picture",
    "fire": "no flame was found in the picture",
}


@dataclass(frozen=True)
class Surroundings:
    """What moves by itself in the pictures of a clip.

    Attributes:
        behind: what moves in the scene.
        flames: what flickers in the scene and in the subject.
        before: what moves before all.
        missing: what was told of but not found, in words.
    """

    behind: tuple[Ripples | Clouds, ...] = ()
    flames: tuple[Flames, ...] = ()
    before: tuple[Smoke, ...] = ()
    missing: tuple[str, ...] = ()

    def moved(self, layers: Layers, seconds: float) -> Layers:
        """Return layers as they are at a time."""
        subject, scene = layers.subject, layers.scene
        for moves in self.behind:
            scene = moves(scene, seconds)
        for flame in self.flames:
            subject, scene = flame(subject, seconds), flame(scene, seconds)
        return replace(layers, subject=subject, scene=scene)

    def over(self, frame: Frame, seconds: float) -> Frame:
        """Return a frame (H, W, 3) with what moves before it."""
        for smoke_before in self.before:
            frame = smoke_before(frame, seconds)
        return frame

    @property
    def region(self) -> Map | None:
        """How far each pixel moves by itself, float32 (H, W), 0 to 1; None where none does."""
        found = [moves.region for moves in self.behind] + [flame.glow for flame in self.flames]
        return np.asarray(np.max(found, axis=0), np.float32) if found else None


def surroundings(
    told: Sequence[Ambient],
    layers: Layers,
    likely: Callable[[str], Map],
    gone: Gone,
    *,
    speed: float,
    period: float | None,
    rests: bool = False,
) -> Surroundings:
    """Return what moves in the pictures of a clip, sought in the layers of one.

    Args:
        told: what the prompts say.
        layers: of the picture.
        likely: returns where the model draws otherwise without a word: float32 (h, w), 0 to 1.
        gone: where the subject has gone.
        speed: factor of all speeds.
        period: seconds after which all is as it was; None where it needn't be.
        rests: whether the subject stays where it was drawn.
    """
    found = Surroundings()
    for one in told:
        before = found
        if one.kind == "water":
            region = water_in(layers.scene, likely(one.noun))
            if region.any():
                found = replace(found, behind=(*found.behind, ripples(one, region, speed, period)))
        elif one.kind == "clouds":
            region = sky_of(layers, rests=rests)
            if region.any():
                found = replace(found, behind=(*found.behind, clouds(one, region, speed, period)))
        elif one.kind == "fire":
            region = flames_in(layers.subject, likely(one.noun))
            if region.any():
                found = replace(found, flames=(*found.flames, Flames(region, one.pace * speed, period)))
        else:
            air = air_around(layers.subject, layers.alpha, sky_in(layers.subject))
            if (plume := smoke(one, layers.alpha, air, gone, speed, period)) is not None:
                found = replace(found, before=(*found.before, plume))
        if found is before:
            told_of = f"no motion of {one.noun or one.kind}: {_MISSING[one.kind]}; try another --seed"
            found = replace(found, missing=(*found.missing, told_of))
    return found
