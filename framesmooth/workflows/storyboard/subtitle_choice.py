"""How captions and spoken words are shown: on the picture, in a track, in a file, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice
from framesmooth.story.edit import Edit
from framesmooth.story.subtitles import (
    caption_cues,
    in_order,
    spoken_cues,
    subtitle_format,
    write_subtitles,
)
from framesmooth.video.subtitle_track import SUBTITLE_SUFFIXES, Cue, Subtitles
from framesmooth.workflows.storyboard.settings import StoryboardSettings

_WORDS = ("soft", "burn", "none")


@dataclass(frozen=True)
class SubtitleChoice:
    """What --subtitles asks for.

    Attributes:
        asked: "soft", "burn", "none", "file", or "" for the usual: captions on the picture, words in a track.
        file: the file that is written, None for none.
    """

    asked: str
    file: Path | None = None

    @classmethod
    def of(cls, settings: StoryboardSettings) -> "SubtitleChoice":
        """Return the choice of ``settings``.

        Raises:
            UsageError: a file that is none of subtitles, or a film that holds no track.
        """
        asked = settings.subtitles
        if asked is None or asked in _WORDS:
            if asked == "soft" and settings.output.suffix.lower() not in SUBTITLE_SUFFIXES:
                raise UsageError(
                    f"{settings.output} holds no subtitles: give burn, or write {' '.join(SUBTITLE_SUFFIXES)}"
                )
            return cls(asked or "")
        subtitle_format(Path(asked))
        return cls("file", Path(asked))

    @property
    def burns_captions(self) -> bool:
        """Whether captions are part of the picture."""
        return self.asked in ("", "burn")

    def burnt(self, edit: Edit, spoken: Mapping[int, Fraction]) -> list[Cue]:
        """Return the spoken words that become part of the picture; ``spoken`` is in seconds, by shot."""
        return spoken_cues(edit, spoken) if self.asked == "burn" else []

    def track(
        self, edit: Edit, spoken: Mapping[int, Fraction], output: Path, emit: Listener
    ) -> Subtitles | None:
        """Return the soft track of the film, None for none."""
        if self.asked not in ("", "soft"):
            return None
        cues = spoken_cues(edit, spoken) + (caption_cues(edit) if self.asked else [])
        if not cues:
            return None
        if output.suffix.lower() not in SUBTITLE_SUFFIXES:
            emit(Notice(f"{output.name} holds no subtitles: --subtitles burn shows what is spoken"))
            return None
        return Subtitles(cues=in_order(cues))

    def write_file(self, edit: Edit, spoken: Mapping[int, Fraction]) -> None:
        """Write the subtitle file, where one is asked for."""
        if self.file is not None:
            write_subtitles(self.file, in_order(spoken_cues(edit, spoken) + caption_cues(edit)))
