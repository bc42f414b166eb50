"""The settings of a verb that makes one clip of another."""

import os
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from framesmooth.setting import Setting, settings_of
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.settings.shared import Source
from framesmooth.workflows.workflow import WorkflowSettings

if TYPE_CHECKING:
    from framesmooth.video.probe import Uneven


@dataclass(frozen=True)
class ConvertSettings(WorkflowSettings, EncodingSettings):
    """The clip that is read, and where and how the result is written."""

    heading: ClassVar = EncodingSettings.heading

    source: Source
    output: Annotated[
        str | os.PathLike[str] | None,
        Setting(
            has_option=False,
            written=object,
            help="A .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames, "
            "or of OpenEXR where they are floats. None keeps the frames in memory.",
        ),
    ] = None
    _: KW_ONLY
    no_audio: Annotated[
        bool, Setting(help="Drop the sound of IN, which is otherwise kept and cut to the frames.")
    ] = False
    bit_depth: Annotated[
        Literal["8", "10", "12", "16"] | None,
        Setting(
            unset="as many as IN has, if the output can hold them",
            help="Bits of a channel in the output. Frames are worked on with no fewer.",
        ),
    ] = None
    frames_as: Annotated[
        Literal["png", "tiff", "exr"] | None,
        Setting(unset="png; exr for floats", help="The format of a folder of frames."),
    ] = None

    @property
    def uneven(self) -> "Uneven":
        """How a variable frame rate is read: at the frames' real times where sound goes along."""
        return "average" if self.no_audio else "auto" if self.audio is None else "real"

    @property
    def encoding(self) -> dict[str, Any]:
        """How the clip is written: arguments of ``open_sink``, all but the sound."""
        names = [field.key for field in settings_of(EncodingSettings) if field.key != "audio"]
        return {name: getattr(self, name) for name in names}
