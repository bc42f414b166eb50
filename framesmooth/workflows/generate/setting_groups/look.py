"""Settings of style and of the look of the finished frames."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth.grading.grades import grades
from framesmooth.setting import Setting, SettingGroup

if TYPE_CHECKING:
    from framesmooth.grading.look import Look
    from framesmooth.grading.weather import Weather

Share = Annotated[float, Interval(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True)
class LookSettings(SettingGroup):
    """Styles, and what is done with frames after smoothing, before they are written.

    ``styles`` and ``files`` are applied by ``styling.with_styles`` to prompts and settings, before settings
    are made of them; here they are kept for the record.
    """

    heading: ClassVar = "Style and look"

    styles: Annotated[
        tuple[str, ...],
        Setting(
            key="style",
            options=("--style",),
            everyday=True,
            metavar="NAME",
            help="Style of words, rhythm and look, see 'framesmooth styles'; repeatable, later ones take "
            "precedence, options over all.",
        ),
    ] = ()
    files: Annotated[
        tuple[Path, ...],
        Setting(
            key="styles",
            options=("--styles",),
            metavar="FILE",
            help="File of more styles: .yaml, .csv of A1111, .json of Fooocus, SDXL or InvokeAI; repeatable.",
        ),
    ] = ()
    weather: Annotated[
        Literal["auto", "off", "rain", "snow", "fog"],
        Setting(
            help="Rain, snow or fog over the frames. auto: where the prompts say so ('snow falling', 'it is "
            "raining', 'drifting fog')."
        ),
    ] = "auto"
    grade: Annotated[
        str | None, Setting(choices=grades, unset="none", help="Grading of the finished frames.")
    ] = None
    lut: Annotated[
        Path | None,
        Setting(metavar="FILE", help="3D LUT (.cube) for the finished frames, after --grade."),
    ] = None
    grain: Annotated[Share, Setting(help="Film grain, 0 to 1.")] = 0.0
    vignette: Annotated[Share, Setting(help="How dark the corners become, 0 to 1.")] = 0.0
    bars: Annotated[
        Annotated[float, Interval(ge=0.1, le=10)] | None,
        Setting(
            metavar="ASPECT",
            unset="none",
            help="Black bars that leave this width over height visible: 2.39, 1.85, 1.",
        ),
    ] = None
    hold_frames: Annotated[
        Annotated[int, Interval(ge=1, le=100)],
        Setting(unit="frames", help="Frames that each picture stays: 2 is animation on twos."),
    ] = 1

    def look(self, seed: int = 0, weather: "Weather | None" = None) -> "Look":
        """Return what is done with each frame; ``seed`` is that of the grain."""
        from framesmooth.grading.look import Look

        return Look(
            weather=weather,
            hold=self.hold_frames,
            grade=self.grade,
            lut=self.lut,
            vignette=self.vignette,
            grain=self.grain,
            bars=self.bars,
            seed=seed,
        )
