"""The settings of a film that are no part of its story."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting, SettingGroup
from framesmooth.workflows.encoding_settings import EncodingSettings

ShotNumber = Annotated[int, Interval(ge=1, le=10_000)]


@dataclass(frozen=True, kw_only=True)
class StoryboardSettings(SettingGroup):
    """What is made of a story, and where; the options of ``framesmooth storyboard``."""

    heading: ClassVar = "Film"

    story: Annotated[Path, Setting(has_option=False, help="The story, a YAML or JSON file.")]
    output: Annotated[Path, Setting(has_option=False, help="The film.")]
    shot: Annotated[
        tuple[ShotNumber, ...],
        Setting(
            everyday=True,
            metavar="N",
            help="Only make this shot again, and the film if all other shots exist; repeatable.",
        ),
    ] = ()
    subtitles: Annotated[
        str | None,
        Setting(
            everyday=True,
            metavar="soft|burn|none|FILE",
            unset="captions burnt in, spoken words as a soft track",
            help="Captions and spoken words as a track that players show, on the picture, not at all, or in "
            "a .srt, .vtt or .ass file.",
        ),
    ] = None
    otio: Annotated[
        Path | None,
        Setting(
            metavar="FILE",
            help="Also write the cut for video editors, as OpenTimelineIO: one clip a shot, with handles, "
            "transitions and markers.",
        ),
    ] = None
    edl: Annotated[
        Path | None,
        Setting(metavar="FILE", help="Also write the cut as an EDL (CMX 3600) for older editors."),
    ] = None
    prune: Annotated[
        bool, Setting(help="Remove shots from the film's folder that its story no longer has.")
    ] = False
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
