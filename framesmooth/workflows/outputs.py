"""Shared by workflows that convert a clip: the output, its encoding, and what is kept of the source."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import Frame, FrameList, FrameSource
from framesmooth.runs.remote import Remote, is_remote, sent_when_complete
from framesmooth.video import FrameSink, check_output, is_folder_name, open_sink, open_source
from framesmooth.video.atomic import ANIMATION_SUFFIXES, remove_leftovers
from framesmooth.video.samples import Depth, samples_of
from framesmooth.video.sound import Sound
from framesmooth.video.storage import Storage, holds_more_than_eight, plan_pictures, plan_video
from framesmooth.video.writer import check_writing
from framesmooth.workflows.inputs import ClipInput, InputClip, open_input
from framesmooth.workflows.metadata_passthrough import audio_to_keep, tags_to_keep
from framesmooth.workflows.pipes import Streamed, check_stdout, is_stdio, keeps_depth, stdout_sink
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.pipes import PipeSettings


def open_to_convert(settings: ConvertSettings, *, deep: bool = True) -> InputClip:
    """Check that the output can be written, and open the source: as deep as the output can hold it.

    Unless it is to be ``deep``, frames have 8 bits.

    Raises:
        OutputExists: something is there already.
        UsageError: an output that is the source itself, or names no file.
        MediaError: a source that cannot be read.
    """
    pipes = settings if isinstance(settings, PipeSettings) else None
    to_stdout = is_stdio(settings.output)
    if to_stdout:
        if pipes is None:
            raise UsageError("this writes no clip to stdout: name a file with -o")
        check_stdout(pipes)
    elif is_remote(settings.output):
        Remote.of(str(settings.output), overwrite=settings.overwrite)
    elif settings.output is not None:
        if isinstance(settings.source, (str, os.PathLike)):
            check_not_input(settings.source, settings.output)
        check_output(settings.output, overwrite=settings.overwrite)
    if pipes is not None and pipes.format is not None and not to_stdout:
        raise UsageError("--format is for stdout: give -o -, or a file, whose suffix decides")
    if to_stdout:
        assert pipes is not None
        depth: Depth = "source" if deep and keeps_depth(pipes) else "eight"
        return open_input(
            settings.source, settings.read_options, uneven=settings.uneven, depth=depth, stdin=pipes
        )
    target = None if settings.output is None else Path(settings.output)
    depth = "sixteen" if settings.bit_depth not in (None, "8") else "source"
    if not holds_more_than_eight(target, settings.bit_depth) or not deep:
        depth = "eight"
    clip = open_input(
        settings.source, settings.read_options, uneven=settings.uneven, depth=depth, stdin=pipes
    )
    if target is None or settings.output is None:
        return clip
    storage = _planned(settings, settings.output, clip)
    if samples_of(clip.frames).is_deep and not storage.samples.is_deep and clip.path is not None:
        clip = open_input(settings.source, settings.read_options, uneven=settings.uneven)
    rate, size, bits = clip.frames.fps, clip.frames.size, storage.samples.bits
    check_writing(settings.output, rate, size, settings.crf, storage.codec, settings.odd, bits)
    return replace(clip, storage=storage)


def _planned(settings: ConvertSettings, output: str | os.PathLike[str], clip: InputClip) -> Storage:
    """Return how the frames of a clip are stored in the output.

    Raises:
        UsageError: settings that the output has no place for.
    """
    samples, suffix = samples_of(clip.frames), Path(output).suffix.lower()
    if is_folder_name(output):
        return plan_pictures(clip.name, samples, settings.bit_depth, settings.frames_as)
    if settings.frames_as is not None:
        raise UsageError(f"{output} is no folder of frames: drop --frames-as, or end the name with /")
    if suffix in ANIMATION_SUFFIXES:
        return Storage(codec=settings.codec)
    return plan_video(clip.name, samples, suffix, settings.codec, settings.bit_depth)


@dataclass(frozen=True)
class ClipWriter:
    """Where the frames of a result go: to a file or folder, or into memory."""

    settings: ConvertSettings
    clip: InputClip
    emit: Listener

    @cached_property
    def audio(self) -> str | os.PathLike[str] | Sound | None:
        """The sound that is kept; a notice names what else of the source is dropped."""
        settings, clip = self.settings, self.clip
        if settings.output is None or is_stdio(settings.output):
            return None
        if clip.path is None:
            return None if settings.no_audio else settings.audio
        return audio_to_keep(
            clip.path,
            os.fspath(settings.output),
            clip.frames,
            self.emit,
            audio=None if settings.audio is None else os.fspath(settings.audio),
            no_audio=settings.no_audio,
        )

    @contextmanager
    def sink(
        self, note: str = "", *, fps: Fraction | None = None, size: tuple[int, int] | None = None
    ) -> Iterator["tuple[FrameSink, Written]"]:
        """Give a sink for frames, and what becomes of them when the block ends well.

        Sound and metadata of the source are kept; ``note`` is added to the comment. Frames have the clip's
        rate and (height, width) unless ``fps`` or ``size`` says otherwise.

        Raises:
            UsageError: a codec, crf or sound that does not fit the output.
            MediaError: a full disk, or no frame.
        """
        settings, source = self.settings, self.clip.frames
        written = Written(settings.output, rate := fps or source.fps, size or source.size)
        if settings.output is None:
            yield FrameSink(Path("memory"), size or source.size, None, written), written
            return
        if is_stdio(settings.output):
            assert isinstance(settings, PipeSettings)
            with stdout_sink(settings, source, note, self.emit, fps=rate, size=size or source.size) as sink:
                yield sink, written
            return
        path, storage = self.clip.path, self.clip.storage
        for line in () if storage is None else storage.notices:
            self.emit(Notice(line))
        for line in () if storage is None else storage.losses:
            self.emit(Notice(line, warning=True))
        with (
            self._local(settings.output) as local,
            open_sink(
                local,
                fps=rate,
                size=size or source.size,
                audio=self.audio,
                metadata=({"comment": note} if note else {}) if path is None else tags_to_keep(path, note),
                storage=storage,
                **settings.encoding,
            ) as sink,
        ):
            yield sink, written

    @contextmanager
    def _local(self, output: str | os.PathLike[str]) -> Iterator[str | os.PathLike[str]]:
        """Give the path to write to: of a bucket's address one whose file is sent when it is complete."""
        if not is_remote(output):
            yield output
            return
        with sent_when_complete(str(output), overwrite=self.settings.overwrite) as path:
            yield path


class Written:
    """The frames of a result; in memory where there is no ``output``."""

    def __init__(
        self, output: str | os.PathLike[str] | None, fps: Fraction, size: tuple[int, int] = (0, 0)
    ) -> None:
        self.output, self.fps, self._size = None if output is None else Path(output), fps, size
        self.is_remote = is_remote(output)
        self._kept: list[Frame] = []

    def write(self, frame: Frame) -> None:
        """Keep a frame in memory."""
        self._kept.append(frame.copy())

    def close(self) -> None:
        """Nothing is buffered."""

    def abort(self) -> None:
        """Let go of the frames."""
        self._kept.clear()

    @property
    def frames(self) -> FrameSource:
        """The frames; those of a file are decoded when they are read."""
        if self.output is None:
            return FrameList(self._kept, self.fps)
        if is_stdio(self.output) or self.is_remote:
            return Streamed(self.fps, self._size)
        return open_source(self.output, fps=self.fps if self.output.is_dir() else None, depth="source")


def check_not_input(source: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Raise UsageError when the output is the input itself: it would be read while it is replaced."""
    if Path(source).exists() and Path(output).resolve() == Path(source).resolve():
        raise UsageError(f"{os.fspath(output)} is the input itself: give another -o")


def check_files(
    inputs: Sequence[ClipInput | None], outputs: Sequence[str | os.PathLike[str] | None], *, overwrite: bool
) -> None:
    """Refuse to write over an input, over another output, or over what is there without ``overwrite``.

    What killed processes left beside the outputs under temporary names is removed.

    Raises:
        UsageError: see above.
    """
    read = {Path(path).resolve() for path in inputs if isinstance(path, (str, os.PathLike))}
    written: set[Path] = set()
    for output in outputs:
        if output is None:
            continue
        name = os.fspath(output)
        if name == "-":
            raise UsageError("only --json writes to stdout: name a file")
        path = Path(name).resolve()
        if path in read or path in written:
            raise UsageError(f"{name} is read or written already: give another name")
        remove_leftovers(path)
        if path.exists() and not overwrite:
            raise OutputExists(f"{name} is there already: give --overwrite to replace it, or another name")
        written.add(path)
