"""Throw damaged and hostile input at all that reads what others wrote: nothing may crash, hang or swell.

    python scripts/fuzz.py --minutes 60
    python scripts/fuzz.py --target media --minutes 15 --out findings/

Each target takes bytes and may refuse them with a FramesmoothError, within 10 seconds and 2 GB of memory; any
other exception, and a process that dies, is a finding, and its input is kept. Inputs are mutations of whole
ones; with --coverage, and with atheris installed, they are steered by coverage. Inputs that once failed are
in tests/corpus, and the test suite tries them.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import numpy as np
from PIL import Image

from framesmooth.errors import FramesmoothError
from framesmooth.motion.camera.homography import Camera
from framesmooth.runs import FrameFolder, RunFolder
from framesmooth.runs.cache import contents
from framesmooth.runs.open_clip import keyframes_and_jumps, open_clip
from framesmooth.story.draft.fountain import draft_of_fountain
from framesmooth.story.draft.prose import draft_of_prose
from framesmooth.story.draft.story_text import yaml_text
from framesmooth.story.edit import plan_edit
from framesmooth.story.overlays import plan_overlays
from framesmooth.story.reader import read_story, story_of
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.schedule import Schedule
from framesmooth.training.dataset import LISTS, read_dataset
from framesmooth.video import has_audio, open_sink, open_source, read_metadata
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record
from framesmooth.workflows.generate.validation import check_settings

SECONDS: Final = 10
MEMORY: Final = 2 * 2**30
_FRAMES: Final = 40
_SUFFIXES: Final = (".mp4", ".mkv", ".webm", ".gif", ".webp", ".mov")
_PICTURES: Final = (".png", ".jpg", ".tiff", ".bmp", ".webp")


def try_schedule(data: bytes, folder: Path) -> None:
    """Parse a schedule and work it out."""
    text = data.decode("utf-8", "surrogateescape")
    Schedule.parse(text, 41, Fraction(12), seed=3).values(41)


def try_prompts(data: bytes, folder: Path) -> None:
    """Read prompts as an argument, as a YAML and as a JSON file."""
    for name in ("prompts.yaml", "prompts.json"):
        (folder / name).write_bytes(data)
        with suppress(FramesmoothError):
            parse_prompts([str(folder / name)])
    parse_prompts([data.decode("utf-8", "surrogateescape")])


def try_story(data: bytes, folder: Path) -> None:
    """Read a story and plan its cut, and draft one of the same text as prose, Markdown and a screenplay."""
    text = data.decode("utf-8", "replace")
    for draft in (draft_of_prose, partial(draft_of_prose, markdown=True), draft_of_fountain):
        with suppress(FramesmoothError):
            story_of(yaml_text(draft(text), "a.txt", "a.yaml"), folder / "draft.yaml")
    path = folder / "story.yaml"
    path.write_bytes(data)
    edit = plan_edit(read_story(path, ("steps", "seed", "smooth_strength")))
    plan_overlays(edit, (64, 96), [], captions=True)


def try_record(data: bytes, folder: Path) -> None:
    """Read a run's record and the settings in it, and work the moves of its camera out."""
    run = RunFolder(folder / "clip.framesmooth")
    run.folder.mkdir(exist_ok=True)
    (run.folder / "record.json").write_bytes(data)
    settings = settings_from_record(run.record, run.folder)
    check_settings(settings)
    if settings.camera.moves is not None:
        values = settings.camera.moves.values(41, settings.timeline.rate, 3)
        flow = Camera(values, (24, 32)).flow(0, 40)
        if not np.isfinite(flow).all():
            raise AssertionError(f"{settings.camera.moves} lead to no place")


def try_stage(data: bytes, folder: Path) -> None:
    """Read the notes of a run's frames, and what depends on them; the frames are there."""
    run = RunFolder(folder / "clip.framesmooth")
    if not run.frames.folder.exists():
        run.frames.open({})
        for index in range(3):
            FrameFolder(run.frames).write(index, np.full((8, 12, 3), 80 * index, np.uint8))
        run.write_record(_record(folder))
    (run.frames.folder / "stage.json").write_bytes(data)
    run.holds_other_frames({})
    list(contents(run))
    keyframes_and_jumps(run.folder, (1, 3))
    list(open_clip(run.folder))


def try_media(data: bytes, folder: Path) -> None:
    """Read a clip, its tags and its sound; the first byte says under which suffix."""
    if not data:
        return
    suffixes = (*_SUFFIXES, *_PICTURES)
    suffix, content = suffixes[data[0] % len(suffixes)], data[1:]
    path = folder / f"clip{suffix}"
    if data[0] % len(suffixes) >= len(_SUFFIXES):
        (folder / "frames").mkdir(exist_ok=True)
        for old in (folder / "frames").iterdir():
            old.unlink()
        path = folder / "frames" / f"0{suffix}"
    path.write_bytes(content)
    for read in (read_metadata, has_audio):
        with suppress(FramesmoothError):
            read(path)
    source = path.parent if path.parent.name == "frames" else path
    for fps in (None, Fraction(30)):
        for _frame in islice(open_source(source, fps=fps), _FRAMES):
            pass


def try_captions(data: bytes, folder: Path) -> None:
    """Read the captions of a data set: from every list, and from a file beside a picture."""
    (folder / "a.png").write_bytes(b"")
    for name in (*LISTS, "a.txt"):
        (folder / name).write_bytes(data)
        with suppress(FramesmoothError):
            read_dataset(folder, "word")
        (folder / name).unlink()


Target = Callable[[bytes, Path], None]
TARGETS: Final[dict[str, Target]] = {
    "schedule": try_schedule,
    "prompts": try_prompts,
    "story": try_story,
    "record": try_record,
    "stage": try_stage,
    "media": try_media,
    "captions": try_captions,
}


def attempt(name: str, data: bytes, folder: Path) -> None:
    """Try one input; raise whatever is no FramesmoothError."""
    with suppress(FramesmoothError):
        TARGETS[name](data, folder)


_SCHEDULES: Final = (
    "0.65",
    "0:(1.0), 30:(1.5), -1:(1.0)",
    "0:(0.5), +24 hold:(0.8)",
    "0:(0.5 + 0.1*sin(2*pi*t/fps))",
    "0:(where(t>3, max(1,2), 1e-3)), max_f/2:(s)",
    "0:(abs(-1)**2), 3:(floor(t) % 2),",
    "0:(1 if 2 < t <= 9 else not t), '+4' hold:(-t // 3 + log(t + 1))",
)
_PROMPTS: Final = (
    "0: a cat | 30: a lion --neg people | -1: the sea",
    '{"0": "a cat", "30": {"prompt": "b", "seed": 7}}',
    '["a", {"prompt": "b", "time": 3, "negative": "c"}]',
    "- a\n- prompt: b\n  seed: 1\n",
    "0: &a x\n1: *a\n",
)


_NOTES: Final = {
    "key": "0" * 64,
    "settings": {"steps": 4},
    "complete": True,
    "loaded": {"size": [8, 12], "diffused_frames": [0, 2], "prompt_changes": [1]},
    "crossfaded": [0],
    "faults": {"1": "nan"},
    "bad": {"1": "nan"},
    "bad_frames": [{"frame": 1, "fault": "nan", "action": "hold", "attempts": 0}],
    "repaired": "hold",
    "timings": {"frames": 1.5},
}


_STORIES: Final = (
    """fps: 24
size: 640x360
style: noir
end: fade black 1
defaults: {steps: 4, smooth-strength: 0.3}
shots:
- &a {prompt: the sea at dawn, camera: slow pan left, title: {text: "Dawn, שלום 海", at: 0.5, position: top}}
- {<<: *a, duration: 1:04.5, transition: wipe left 0.25, seed: -1, caption: Later}
- include: story.yaml
""",
    '{"shots": [{"prompt": ["a", "b"], "say": "It begins.", "transition": "dip white 0.4"}, "a castle"]}',
    "FADE IN:\n\nEXT. SEA - DAWN\n\nA boat. We pan left.\n\nMARY\n(softly)\nHi.\n\n> END <\n",
    "# Dawn\n\nMr. A. B. waits… Cut to a *gate*, “Who?” The camera tilts up. Fade to black.\n\n- a\n- b\n",
)


_CAPTIONS: Final = (
    '{"file_name": "a.png", "text": "a boat"}\n{"image": "b/c.png", "prompt": ["x"]}\n',
    'file_name,text\na.png,"a, ""boat"""\n./b\\c.png,\n',
)


def seeds(name: str, folder: Path) -> list[bytes]:
    """Return whole inputs to begin with."""
    if name in ("schedule", "prompts"):
        return [text.encode() for text in (_SCHEDULES if name == "schedule" else _PROMPTS)]
    if name == "story":
        return [text.encode() for text in _STORIES]
    if name == "captions":
        return [text.encode() for text in _CAPTIONS]
    if name == "record":
        moves = {"zoom": "1.05", "pan_x": "0:(0), 24:(-3)", "roll": "sin(t/8)", "rotate_3d_y": "t/10"}
        cameras: tuple[dict[str, Any], ...] = ({}, {**moves, "strength": "0:(0.6), 9:(0.5)"})
        return [json.dumps(_record(folder, **camera)).encode() for camera in cameras]
    return [json.dumps(_NOTES).encode()] if name == "stage" else _media_seeds(folder)


def _record(folder: Path, **camera: Any) -> dict[str, Any]:
    run = RunFolder(folder / "clip.framesmooth")
    prompts = parse_prompts(["0: a cat | 5: a lion"])
    settings = GenerateSettings.of(prompts=prompts, output=folder / "clip.mp4", **camera)
    return {
        "version": 2,
        "status": "running",
        "ai_generated": True,
        "settings": {
            "raw": settings_as_record(settings, run.folder),
            "resolved": {"fps": "12", "seeds": [0]},
        },
        "keyframes": [{"time": 0, "prompt": "a cat", "seed": 0, "negative": ""}] * 2,
        "model": {"name": "storybook", "sha256": {"a": "0" * 64}},
        "versions": {"torch": "2"},
        "timings": {"frames": 1.5},
    }


def _media_seeds(folder: Path) -> list[bytes]:
    found = []
    options: dict[str, Any] = {"fps": Fraction(12), "size": (24, 32), "metadata": {"title": "a"}}
    y, x = np.mgrid[:24, :32]
    for at, suffix in enumerate((*_SUFFIXES, *_PICTURES)):
        path = folder / f"seed{suffix}"
        if at >= len(_SUFFIXES):
            Image.fromarray(np.stack([x, y, x + y], -1).astype(np.uint8)).save(path)
        else:
            with open_sink(path, overwrite=True, **options) as sink:
                for t in range(4):
                    planes = [x * 3, y * 5, (x + y + 9 * t) % 256]
                    sink.write(np.stack(planes, -1).astype(np.uint8))
        found.append(bytes([at]) + path.read_bytes())
    return found


_SPECIAL: Final = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"9" * 40, b"\xed\xa0\x80")
_TOKENS: Final = (b"(", b")", b",", b":", b"**", b"[", b"{", b'"', b"\n", b"e999", b"&a ", b"*a")


def mutated(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """Return ``data`` with a few random changes: bits, bytes, cuts, copies, parts of other inputs."""
    content = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        at = dice.randrange(len(content) + 1)
        kind = dice.randrange(7)
        if kind == 0 and at < len(content):
            content[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            content[at : at + dice.randrange(5)] = dice.randbytes(dice.randrange(5))
        elif kind == 2:
            special = dice.choice(_SPECIAL)
            content[at : at + len(special)] = special
        elif kind == 3:
            del content[at : at + dice.randrange(1 + len(content) // 4)]
        elif kind == 4:
            part = content[at : at + dice.randrange(1, 40)]
            content[at:at] = part * dice.choice((1, 2, 50))
        elif kind == 5 and others:
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            content[at:at] = other[start : start + dice.randrange(200)]
        else:
            content[at:at] = dice.choice(_TOKENS)
    return bytes(content[: 2**18])


def _work(name: str, seed: int, until: float, last: str, counted: Any) -> None:
    """Try mutations until the time is over; the input in work is on the disk, to be found if this dies."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + 2**30, MEMORY + 2**30))
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pool = seeds(name, folder)
        while time.monotonic() < until:
            data = mutated(dice.choice(pool), pool, dice)
            Path(last).write_bytes(data)
            signal.alarm(SECONDS)
            started = time.monotonic()
            attempt(name, data, folder)
            signal.alarm(0)
            counted.value += 1
            if time.monotonic() - started < SECONDS / 20 and len(pool) < 2000 and dice.random() < 0.05:
                pool.append(data)


def fuzz(name: str, minutes: float, out: Path, seed: int) -> tuple[int, list[Path]]:
    """Fuzz one target by mutation; return (number of inputs, where the findings are)."""
    spawn = multiprocessing.get_context("spawn")
    until, counted, findings = time.monotonic() + 60 * minutes, spawn.Value("q", 0), []
    out.mkdir(parents=True, exist_ok=True)
    while time.monotonic() < until:
        last = out / f".{name}.last"
        worker = spawn.Process(target=_work, args=(name, seed, until, str(last), counted))
        worker.start()
        worker.join()
        if worker.exitcode == 0:
            break
        seed += 1
        if worker.exitcode == 1 and not last.exists():
            raise SystemExit(f"{name}: the worker failed before its first input")
        kept = out / f"{name}-{seed}-exit{worker.exitcode}.bin"
        kept.write_bytes(last.read_bytes())
        findings.append(kept)
        print(f"{name}: finding {kept}", flush=True)
    return int(counted.value), findings


def fuzz_with_coverage(name: str, minutes: float, out: Path) -> None:
    """Fuzz one target steered by coverage; this process ends with it, its exit code tells of a finding."""
    atheris = import_module("atheris")  # only for this, and for few versions of Python

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        corpus = out / f"corpus-{name}"
        corpus.mkdir(parents=True, exist_ok=True)
        for index, data in enumerate(seeds(name, folder)):
            (corpus / f"seed-{index}").write_bytes(data)
        for function in _functions():
            atheris.instrument_func(function)
        options = [
            f"-max_total_time={int(60 * minutes)}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEMORY // 2**20}",
            f"-artifact_prefix={out}/{name}-",
            "-max_len=65536",
            "-print_final_stats=1",
            str(corpus),
        ]
        atheris.Setup([sys.argv[0], *options], lambda data: attempt(name, data, folder))
        atheris.Fuzz()


def _functions() -> Iterator[FunctionType]:
    """Yield the functions whose branches steer the inputs: ours, and those of the parsers below them."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in ("framesmooth", "simpleeval", "yaml", "json", "PIL"):
            continue
        for holder in (module, *filter(lambda one: isinstance(one, type), vars(module).values())):
            for found in list(vars(holder).values()):
                if isinstance(found, FunctionType) and found.__module__ == name:
                    yield found


def main() -> int:
    """Fuzz the targets asked for; return 1 when something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="all of them by default")
    parser.add_argument("--minutes", type=float, default=60, help="in all")
    parser.add_argument("--out", type=Path, default=Path("findings"), help="where inputs that fail are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--coverage", action="store_true", help="steer one --target by coverage, with atheris"
    )
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    if asked.coverage:
        fuzz_with_coverage(names[0], asked.minutes, asked.out)
        return 0
    found: list[Path] = []
    for name in names:
        count, findings = fuzz(name, asked.minutes / len(names), asked.out, asked.seed)
        print(f"{name}: {count} inputs, {len(findings)} findings", flush=True)
        found += findings
    return 1 if found else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
