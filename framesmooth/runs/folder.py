"""The run folder of one clip: its record, its stages and its lock."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError, RunLocked, UsageError
from framesmooth.runs.json_files import content_key, read_json, write_json
from framesmooth.runs.record import check_record
from framesmooth.runs.stages import Stage
from framesmooth.video.atomic import media_errors, remove_all_leftovers
from framesmooth.video.lock_reach import reaches_other_machines
from framesmooth.video.locks import Held, lock

SUFFIX: Final = ".framesmooth"
RECORD_FILE: Final = "record.json"
LOCK_FILE: Final = "lock"
HOLDER_FILE: Final = "lock.pid"
SMOOTHED_FOLDER: Final = "smoothed"
INTERPOLATED_FOLDER: Final = "interpolated"
ENLARGED_FOLDER: Final = "enlarged"
SHOTS_FOLDER: Final = "shots"
"""Of a film, whose shots have run folders of their own."""
_KEY_LENGTH: Final = 8
_FORMER_KEY_LENGTH: Final = 16
"""Of folders of smoothed frames that older versions named by their hash alone."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one clip."""

    folder: Path

    @classmethod
    def beside(cls, output: Path) -> "RunFolder":
        """Return the run folder of the clip ``output``: clip.mp4 -> clip.framesmooth."""
        if output.name.endswith(SUFFIX):
            raise UsageError(
                f"{output} is the name of a run folder: give -o a clip, such as {output.stem}.mp4"
            )
        if output.name in ("", ".."):
            raise UsageError(f"{str(output)!r} names no new file or folder: give -o a name, such as clip.mp4")
        return cls(output.with_name(output.stem + SUFFIX))

    @cached_property
    def keyframes(self) -> Stage:
        """The stage of diffused keyframes."""
        return Stage(self.folder / "keyframes")

    @cached_property
    def frames(self) -> Stage:
        """The stage of frames before smoothing."""
        return Stage(self.folder / "frames")

    def smoothed(self, settings: Mapping[str, Any], name: str) -> Stage:
        """Return the stage of frames smoothed with ``settings``; others are kept beside it.

        Its folder is called by ``name`` and the first digits of the settings' hash, as
        "trajectory-0.6-ab12cd34"; a folder that is here for the same settings keeps the name that it has.
        """
        folder, key = self.folder / SMOOTHED_FOLDER, content_key(settings)
        unnamed = folder / key[:_FORMER_KEY_LENGTH]
        here = [unnamed] if unnamed.is_dir() else sorted(folder.glob(f"*-{key[:_KEY_LENGTH]}"))
        return Stage(here[0] if here else folder / f"{name}-{key[:_KEY_LENGTH]}")

    def finished(self, kind: str, settings: Mapping[str, Any], name: str) -> Stage:
        """Return the stage of frames that were made of smoothed ones with ``settings``.

        ``kind`` is INTERPOLATED_FOLDER or ENLARGED_FOLDER; folders are called as those of ``smoothed`` are.
        """
        return Stage(self.folder / kind / f"{name}-{content_key(settings)[:_KEY_LENGTH]}")

    @property
    def all_smoothed(self) -> list[Stage]:
        """The stages of smoothed frames that are here."""
        return self.all_of(SMOOTHED_FOLDER)

    def all_of(self, kind: str) -> list[Stage]:
        """Return the stages in the folder ``kind``, such as ENLARGED_FOLDER."""
        return [Stage(path) for path in sorted((self.folder / kind).glob("*")) if path.is_dir()]

    @property
    def record(self) -> dict[str, Any]:
        """The run's record.

        Raises:
            MediaError: when there is none or it is damaged.
            UsageError: when it is of another version.
        """
        path = self.folder / RECORD_FILE
        if not self.folder.is_dir():
            beside = self.folder.with_suffix(SUFFIX)
            raise MediaError(
                f"{self.folder} is no run folder: give {beside}"
                if beside.is_dir() and self.folder.suffix
                else f"{self.folder} is no run folder: check the name, they are called NAME.framesmooth"
            )
        if (self.folder / SHOTS_FOLDER).is_dir() and not path.exists():
            raise UsageError(
                f"{self.folder} is the folder of a film: run 'framesmooth storyboard' again, or name "
                f"one of the shots in {self.folder / SHOTS_FOLDER}"
            )
        if self.folder.is_dir() and not path.exists():
            raise MediaError(
                f"{self.folder} holds no {RECORD_FILE}: it is no run folder, or was stopped before it began; "
                "run the generate command"
            )
        return check_record(self.unchecked_record, path)

    @property
    def unchecked_record(self) -> dict[str, Any]:
        """The run's record, unvalidated: for looking up single facts.

        Raises:
            MediaError: when there is none or it is no JSON object.
        """
        return read_json(self.folder / RECORD_FILE)

    def holds_other_frames(self, settings: Mapping[str, Any]) -> bool:
        """Tell whether the folder holds frames or latents that were made with other ``settings``."""
        made = self.frames.results() or self.keyframes.results()
        return bool(made) and self.frames.notes().get("key") != content_key(settings)

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Replace the run's record."""
        write_json(self.folder / RECORD_FILE, record)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from working here while the block runs.

        The system holds the lock for the process and takes it back when the process ends, however it does:
        one that was killed leaves a file, but no lock. Where a mount keeps locks to each machine, that file
        tells of a process of another one, which works or was killed.

        Raises:
            RunLocked: another process works here.
            MediaError: the folder cannot be written, or its file system has no locks.
        """
        with ExitStack() as held:
            with media_errors(self.folder, "write"):
                self.folder.mkdir(parents=True, exist_ok=True)
                try:
                    locks = held.enter_context(lock(self.folder / LOCK_FILE))
                except Held as error:
                    who = f"another framesmooth{self._holder()}"
                    raise RunLocked(f"{who} works on {self.folder}: wait for it, or stop it first") from error
            if not locks:
                told = f"the file system of {self.folder} has no locks, which keep two processes apart"
                raise MediaError(f"{told}: make the clip on another disk, and copy it there")
            self._check_other_machines()
            holder = self.folder / HOLDER_FILE
            try:
                with suppress(OSError):  # only the messages would miss it
                    holder.write_text(f"{os.getpid()}\n{platform.node()}\n", encoding="utf-8")
                self._remove_leftovers()
                yield
            finally:
                with suppress(OSError):
                    holder.unlink(missing_ok=True)

    def _holder(self) -> str:
        pid, host = self._named_holder()
        where = f" on {host}" if host not in ("", platform.node()) else ""
        return f" (process {pid}{where})" if pid else ""

    def _named_holder(self) -> tuple[str, str]:
        """Return the (process, machine) that says it works here, "" each where that isn't known."""
        try:
            lines = (self.folder / HOLDER_FILE).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeError):
            return "", ""
        pid, host = ([line.strip()[:80] for line in lines] + ["", ""])[:2]
        return (pid, host) if pid.isdigit() else ("", "")

    def _check_other_machines(self) -> None:
        """Raise RunLocked where a process of another machine may work here, and its lock wouldn't be seen."""
        pid, host = self._named_holder()
        if host in ("", platform.node()) or reaches_other_machines(self.folder):
            return
        told = f"process {pid} on {host} works on {self.folder}, or was killed, and this mount keeps locks to"
        raise RunLocked(f"{told} each machine: if it has ended, delete {self.folder / HOLDER_FILE}")

    def _remove_leftovers(self) -> None:
        """Remove the unfinished files of killed processes."""
        for folder, _, _ in os.walk(self.folder):
            remove_all_leftovers(Path(folder))
