"""Kill runs at random moments, resume them, and compare what comes out with an uninterrupted run.

    python scripts/torture.py --kills 200
    python scripts/torture.py --kills 20 --command generate --log torture.jsonl

Half of the kills come at a random time, half between two writes: just before or after the n-th flush, rename
or removal of a file, as a power cut would. SIGKILL, SIGTERM and Ctrl-C take turns, and some resumed runs are
killed again. After every kill the clip must be missing or whole; after the last resume the frames in the run
folder must be the same bytes, the clip must decode to the same frames, nothing unfinished may lie about, and
no lock may have held anything up. Then follow full disks, two processes on one run, and a clock that runs
backwards. A command that writes a clip joins in by one line in ``COMMANDS``.

Children are forked with the libraries loaded, so that kills hit the work and not the imports.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from torture_faults import (
    clock_backwards,
    contents,
    die_at,
    framesmooth,
    full_after,
    in_child,
    wait,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIGNALS: Final = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_HARD: Final = (signal.SIGKILL, signal.SIGTERM)
_SIDE: Final = ("-W", "32", "-H", "24")


@dataclass(frozen=True)
class Command:
    """A command that writes a clip.

    Attributes:
        start: its arguments; {in} is a folder of frames, {run} a complete run folder, {model} a small model.
        output: the clip, named in ``start``.
        resume: what goes on with it, once the run folder has a record; None is the same command again.
        signals: what it is killed with; Ctrl-C makes tune take the best so far, which is no interruption.
    """

    start: tuple[str, ...]
    output: str
    resume: tuple[str, ...] | None = None
    signals: tuple[signal.Signals, ...] = SIGNALS


_GENERATE: Final = ("generate", "a cat on the beach", "the lion at sunset", "--model", "{model}", *_SIDE,
                    "--num-frames", "6", "--cadence", "3", "--steps", "2", "--batch-size", "2",
                    "--smoother", "ema", "--dtype", "float32")  # fmt: skip
_RESUME: Final = ("resume", "clip.framesmooth", "--model", "{model}")

STORY: Final = """
size: 32x24
defaults: {{model: "{model}", duration: 0.5, steps: 2, smoother: ema, dtype: float32}}
shots:
- {{prompt: a cat on the beach, title: Hi}}
- {{prompt: the lion at sunset, transition: dissolve 0.25}}
- {{prompt: a castle, transition: match}}
"""

COMMANDS: Final[dict[str, Command]] = {
    "generate": Command((*_GENERATE, "-o", "clip.mp4"), "clip.mp4", _RESUME),
    "generate-frames": Command((*_GENERATE, "-o", "clip"), "clip", _RESUME),
    "generate-flow": Command((*_GENERATE, "--inbetween", "flow", "-o", "clip.webp"), "clip.webp", _RESUME),
    "generate-camera": Command((*_GENERATE, "--zoom", "1.05", "-o", "clip.mp4"), "clip.mp4", _RESUME),
    "smooth": Command(("smooth", "{in}", "-o", "steady.mp4"), "steady.mp4"),
    "smooth-run": Command(("smooth", "{run}", "-o", "steady.mkv", "--smoother", "ema"), "steady.mkv"),
    "smooth-frames": Command(("smooth", "{in}", "-o", "steady/", "--smoother", "ema"), "steady"),
    "interpolate": Command(("interpolate", "{in}", "-o", "between.mp4", "--cadence", "2"), "between.mp4"),
    "tune": Command(
        ("tune", "{in}", "-o", "tuned.mkv", "--smoother", "ema", "--report", "tuned"),
        "tuned.mkv",
        signals=_HARD,
    ),
    "sweep": Command(
        ("sweep", "{in}", "-o", "grid", "--smooth-strength", "0,0.5", "--smoother", "ema"), "grid/grid.mp4"
    ),
    "storyboard": Command(("storyboard", "{story}", "-o", "film.mp4", "--otio", "film.otio"), "film.mp4"),
    "encode": Command(("assemble", "{in}", "-o", "film.mp4", "--codec", "h265"), "film.mp4"),
    "encode-gif": Command(("assemble", "{in}", "-o", "film.gif"), "film.gif"),
}


@dataclass
class Tally:
    """What was counted."""

    kills: Counter[str] = field(default_factory=Counter)
    resumes: int = 0
    differing_frames: int = 0
    corrupt_finals: int = 0
    blocking_locks: int = 0
    leftovers: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        wrong = (self.differing_frames, self.corrupt_finals, self.blocking_locks, self.leftovers)
        return not any(wrong) and not self.failures


class Torture:
    """Kills, resumes and compares, in a folder of its own."""

    def __init__(self, place: Path, seed: int, log: Path | None) -> None:
        self.place, self.dice, self.log, self.tally = place, random.Random(seed), log, Tally()
        self.values = {"in": str(place / "in"), "run": str(place / "clip.framesmooth"), "model": ""}
        self.values["story"] = str(place / "story.yaml")
        self.whole: dict[str, tuple[dict[str, str], float, int]] = {}

    def prepare(self) -> None:
        """Make the inputs: a small model, a folder of frames, a complete run."""

        def make() -> int:
            from framesmooth.video import write_png
            from tests.scenes import moving_scene
            from tests.tiny_model import build_tiny_model

            build_tiny_model(self.place / "model")
            for index, frame in enumerate(moving_scene(frames=8).frames):
                write_png(self.place / "in" / f"{index}.png", frame[:48, :64])
            return 0

        self._finish(in_child(make, self.place / "prepare.log"), "preparing")
        self.values["model"] = str(self.place / "model" / "tiny")
        (self.place / "story.yaml").write_text(STORY.format(model=self.values["model"]), encoding="utf-8")
        arguments = self._arguments(COMMANDS["generate"].start)
        self._finish(in_child(framesmooth(arguments, self.place), self.place / "prepare.log"), "preparing")

    def _finish(self, child: int, what: str) -> None:
        code = wait(child)
        if code != 0:
            raise SystemExit(f"{what} failed with {code}: see {self.place}")

    def _arguments(self, arguments: tuple[str, ...]) -> list[str]:
        return [argument.format(**self.values) if "{" in argument else argument for argument in arguments]

    def _fresh(self, name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.place))
        self._copy_run(name, folder)
        return folder

    def _copy_run(self, name: str, folder: Path) -> None:
        """Give a command that works on a run folder one of its own."""
        if "{run}" in COMMANDS[name].start:
            shutil.copytree(self.place / "clip.framesmooth", folder / "clip.framesmooth")

    def _started(self, name: str, folder: Path) -> list[str]:
        own = str(folder / "clip.framesmooth")
        return [
            own if argument == self.values["run"] else argument
            for argument in self._arguments(COMMANDS[name].start)
        ]

    def _looked_at(self, folder: Path, output: str) -> dict[str, str] | None:
        """Return what a folder holds, None where the clip cannot be read; decoded in a child."""
        result = folder / "contents.json"

        def look() -> int:
            result.write_text(json.dumps(contents(folder, output)))
            return 0

        code = wait(in_child(look, folder / "look.log"))
        found: dict[str, str] | None = json.loads(result.read_text()) if code == 0 else None
        result.unlink(missing_ok=True)
        return found

    def measure(self, name: str) -> None:
        """Run a command uninterrupted, and note what it makes, its processor time and how often it writes."""
        folder = self._fresh(name)
        before = os.times()
        self._finish(in_child(framesmooth(self._started(name, folder), folder), folder / "run.log"), name)
        after = os.times()
        seconds = sum(after[2:4]) - sum(before[2:4])  # of ended children
        found = self._looked_at(folder, COMMANDS[name].output)
        if not found:
            raise SystemExit(f"{name} makes nothing: see {folder}")
        writes = 6 * sum(1 for path in folder.rglob("*") if path.is_file())
        self.whole[name] = (found, seconds, writes)
        print(f"{name}: {seconds:.1f} s, {len(found)} frames", flush=True)

    def round(self, name: str) -> int:
        """Kill a command, perhaps again, resume it and compare; return how many kills that were."""
        expected, seconds, writes = self.whole[name]
        folder, kills = self._fresh(name), 0
        while True:
            arguments = self._next(name, folder)
            number = self.dice.choice(COMMANDS[name].signals)
            by_write = self.dice.random() < 0.5
            prepare = (
                die_at(self.dice.randrange(1, writes), number, afterwards=self.dice.random() < 0.5)
                if by_write
                else lambda: None
            )
            child = in_child(framesmooth(arguments, folder, prepare), folder / "run.log")
            code = wait(child) if by_write else wait(child, self.dice.uniform(0, seconds))
            if code is None:
                os.kill(child, number)
                code = wait(child)
            if code == 0:
                break  # it was done before
            kills += 1
            self.tally.kills[signal.Signals(number).name] += 1
            self._check_code(name, folder, code, number)
            self._check_final(name, folder, expected)
            if self.dice.random() < 0.7:
                break
        if code != 0:
            self._resume(name, folder)
        self._compare(name, folder, expected)
        if kills == 0 or self.tally.clean:
            shutil.rmtree(folder)
        self._note({"command": name, "kills": kills, "clean": self.tally.clean})
        return kills

    def _next(self, name: str, folder: Path) -> list[str]:
        command = COMMANDS[name]
        begun = (folder / Path(command.output).with_suffix(".framesmooth") / "record.json").is_file()
        return self._arguments(command.resume) if command.resume and begun else self._started(name, folder)

    def _resume(self, name: str, folder: Path) -> None:
        self.tally.resumes += 1
        log = folder / "resume.log"
        arguments = self._next(name, folder)
        code = wait(in_child(framesmooth(arguments, folder), log))
        said = log.read_text()
        if "another framesmooth" in said:
            self.tally.blocking_locks += 1
        finished = "is there already" in said and (folder / COMMANDS[name].output).exists()
        if code != 0 and not finished:
            self._fail(f"{name}: resuming ended with {code} in {folder}: {said[-300:]}")

    def _check_code(self, name: str, folder: Path, code: int | None, number: int) -> None:
        allowed = {-number, 128 + number}
        said = (folder / "run.log").read_text()
        if "is there already" in said and code == 2:
            return
        if code not in allowed or "Traceback" in said:
            self._fail(f"{name}: ended with {code} after {signal.Signals(number).name}: {said[-600:]}")

    def _check_final(self, name: str, folder: Path, expected: dict[str, str]) -> None:
        """See that the clip isn't there, or is whole."""
        output = COMMANDS[name].output
        if not (folder / output).exists():
            return
        found = self._looked_at(folder, output)
        own = {frame: digest for frame, digest in expected.items() if frame.startswith(f"{output} ")}
        if found is None or {frame: found.get(frame) for frame in own} != own:
            self.tally.corrupt_finals += 1
            self._fail(f"{name}: the clip in {folder} is corrupt")

    def _compare(self, name: str, folder: Path, expected: dict[str, str]) -> None:
        found = self._looked_at(folder, COMMANDS[name].output) or {}
        differing = {frame for frame in {*found, *expected} if found.get(frame) != expected.get(frame)}
        self.tally.differing_frames += len(differing)
        if differing:
            self._fail(f"{name}: {len(differing)} frames differ in {folder}: {sorted(differing)[:3]}")
        unfinished = list(folder.rglob(".*.part*"))
        self.tally.leftovers += len(unfinished)
        if unfinished:
            self._fail(f"{name}: left over in {folder}: {unfinished[:3]}")

    def _fail(self, text: str) -> None:
        self.tally.failures.append(text)
        print(f"FAILED {text}", flush=True)

    def _note(self, facts: dict[str, Any]) -> None:
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(json.dumps(facts) + "\n")

    def full_disk(self, name: str) -> None:
        """Let the disk be full at the n-th flush, make room, and go on."""
        folder, expected = self._fresh(name), self.whole[name][0]
        prepare = full_after(self.dice.randrange(40))
        code = wait(in_child(framesmooth(self._started(name, folder), folder, prepare), folder / "run.log"))
        said = (folder / "run.log").read_text()
        if (
            code not in (0, 1)
            or (code == 1 and "no space left on the disk" not in said)
            or "Traceback" in said
        ):
            self._fail(f"{name}: a full disk ended with {code}: {said[-300:]}")
        if code:
            self._check_final(name, folder, expected)
            self._resume(name, folder)
        self._compare(name, folder, expected)
        shutil.rmtree(folder)

    def real_full_disk(self, name: str) -> bool:
        """Do the same on a small file system of its own; return whether one could be mounted."""
        if "{run}" in COMMANDS[name].start:
            return False  # its input would have to lie on the small file system, too
        folder, expected = self._fresh(name), self.whole[name][0]
        size = self.dice.randrange(24, 200) * 1024
        mounted = self._mount(folder, f"size={size}")
        if mounted:
            log = self.place / "full.log"
            code = wait(in_child(framesmooth(self._started(name, folder), folder), log))
            said = log.read_text()
            log.unlink()
            if code not in (0, 1) or "Traceback" in said:
                self._fail(f"{name}: a file system of {size} bytes ended with {code}: {said[-300:]}")
            self._mount(folder, "remount,size=64m")
            if code:
                self._check_final(name, folder, expected)
                self._resume(name, folder)
            self._compare(name, folder, expected)
            subprocess.run(["umount", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        return mounted

    def _mount(self, folder: Path, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            return subprocess.run(command, check=False, capture_output=True).returncode == 0
        except OSError:
            return False

    def two_at_once(self, name: str) -> None:
        """Start a command twice: one makes the clip, the other is refused or finds it made."""
        folder, expected = self._fresh(name), self.whole[name][0]
        arguments = self._started(name, folder)
        children = []
        for index in range(2):
            children.append(in_child(framesmooth(arguments, folder), folder / f"run{index}.log"))
            time.sleep(self.dice.uniform(0, self.whole[name][1]))
        codes = [wait(child) for child in children]
        said = "".join((folder / f"run{index}.log").read_text() for index in range(2))
        if 0 not in codes or "Traceback" in said or not set(codes) <= {0, 1, 2}:
            self._fail(f"{name}: two at once ended with {codes}: {said[-300:]}")
        self._compare(name, folder, expected)
        shutil.rmtree(folder)

    def backwards(self, name: str) -> None:
        """Run a command while the clock runs backwards."""
        folder, expected = self._fresh(name), self.whole[name][0]
        work = framesmooth(self._started(name, folder), folder, clock_backwards)
        self._finish(in_child(work, folder / "run.log"), f"{name} with a clock that runs backwards")
        self._compare(name, folder, expected)
        shutil.rmtree(folder)


def preload() -> None:
    """Import what the commands need, and start no thread."""
    commands = ("generate", "storyboard", "smooth", "interpolate", "assemble", "tune", "sweep")
    modules = (
        "workflows.generate.resume",
        "workflows.generate.run",
        "models.loading",
        "generation.prompt_travel",
    )
    for name in (*(f"cli.{command}" for command in commands), *modules):
        import_module(f"framesmooth.{name}")
    import_module("diffusers").StableDiffusionPipeline  # noqa: B018 - it is imported when it is asked for


def main() -> int:
    """Kill, resume, compare; print the figures; return 1 when anything went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--extras", type=int, default=2, help="rounds of full disks and the rest, per command"
    )
    parser.add_argument("--command", action="append", choices=list(COMMANDS), help="all of them by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, help="a line of JSON per round")
    asked = parser.parse_args()
    preload()
    place = Path(tempfile.mkdtemp(prefix="torture-"))
    names = asked.command or list(COMMANDS)
    torture = Torture(place, asked.seed, asked.log)
    torture.prepare()
    for name in names:
        torture.measure(name)
    rounds = mounted = 0
    while sum(torture.tally.kills.values()) < asked.kills:
        torture.round(names[rounds % len(names)])
        rounds += 1
        if rounds % 20 == 0:
            print(f"{rounds} rounds, {sum(torture.tally.kills.values())} kills", flush=True)
    for _ in range(asked.extras):
        for name in names:
            torture.full_disk(name)
            mounted += torture.real_full_disk(name)
            torture.two_at_once(name)
            torture.backwards(name)
    tally = torture.tally
    print(
        f"{sum(tally.kills.values())} kills ({dict(tally.kills)}), {tally.resumes} resumes, "
        f"{tally.differing_frames} differing frames, {tally.corrupt_finals} corrupt finals, "
        f"{tally.blocking_locks} stale locks that block, {tally.leftovers} leftovers, "
        f"{asked.extras * len(names)} full disks and {mounted} full file systems, "
        f"{len(tally.failures)} failures"
    )
    if tally.clean:
        shutil.rmtree(place)
    return 0 if tally.clean else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
