"""Peak memory of `framesmooth smooth` on full-HD clips of 8 and 10 bits, HDR, 16 bits and floats.

Each clip is made here, and smoothed by the command as a user runs it, in a process of its own.

    python scripts/measure_memory.py
    python scripts/measure_memory.py --height 540 --frames 24 --no-measure 8-bit 16-bit
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import click
import cv2
import numpy as np

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from framesmooth.frames import Frame, decode_light  # noqa: E402
from framesmooth.video import open_sink  # noqa: E402
from framesmooth.video.samples import ColorTags, Samples  # noqa: E402
from framesmooth.video.storage import Storage  # noqa: E402

HDR = ColorTags(primaries=9, transfer=16, matrix=9)
CLIPS = {
    "8-bit": ("in.mp4", "out.mp4", Storage()),
    "10-bit": ("in.mp4", "out.mp4", Storage(samples=Samples(bits=10), codec="h265")),
    "hdr": ("in.mp4", "out.mp4", Storage(samples=Samples(bits=10, curve="PQ", color=HDR), codec="h265")),
    "16-bit": ("in/", "out/", Storage(samples=Samples(bits=16))),
    "exr": ("in/", "out/", Storage(samples=Samples(bits=16, is_float=True, curve="linear"), pictures="exr")),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("kinds", nargs=-1, type=click.Choice(list(CLIPS)))
@click.option("--height", default=1080, help="Lines of a frame, 16:9.")
@click.option("--frames", default=32, help="Frames; memory is full after about 24.")
@click.option("--measure/--no-measure", default=True, help="As the option of smooth.")
@click.option("--smoother", default="trajectory", help="As the option of smooth.")
def main(kinds: tuple[str, ...], height: int, frames: int, measure: bool, smoother: str) -> None:
    """Print the peak of each kind of clip, and its ratio to that of 8 bits."""
    first = None
    for kind in kinds or CLIPS:
        peak = apart(kind, height, frames, measure=measure, smoother=smoother)
        first = first or peak
        click.echo(f"{kind:>8}: {peak:5.0f} MiB, {peak / first:.2f} x")


def apart(kind: str, height: int, frames: int, *, measure: bool, smoother: str) -> float:
    """Return the peak resident memory in MiB of one command."""
    source, output, storage = CLIPS[kind]
    with tempfile.TemporaryDirectory() as scratch:
        made = clip(height, frames, floats=storage.samples.is_float or storage.samples.is_hdr)
        size = (height, height * 16 // 9)
        with open_sink(f"{scratch}/{source}", fps=Fraction(24), size=size, storage=storage) as sink:
            for frame in made:
                sink.write(frame)
        command = [
            *(sys.executable, "-c", _COMMAND, "smooth", f"{scratch}/{source}", "-o", f"{scratch}/{output}"),
            *("--smoother", smoother, "-s", "0.6", "--progress", "none"),
            "--measure" if measure else "--no-measure",
        ]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HOME).stdout
    return float(told.splitlines()[-1])


_COMMAND = """
import resource, sys
from framesmooth.cli.main import cli
cli(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def clip(height: int, frames: int, *, floats: bool) -> Iterator[Frame]:
    """Yield a pan over a texture whose exposure flickers, uint16, or light in floats."""
    rng = np.random.default_rng(0)
    width = height * 16 // 9
    noise = rng.random((height // 4, width // 3, 3)).astype(np.float32)
    large = cv2.resize(noise, (width + 4 * frames, height), interpolation=cv2.INTER_CUBIC)
    for index in range(frames):
        image = np.clip(large[:, 4 * index : 4 * index + width] * rng.uniform(0.8, 0.95), 0, 1)
        yield decode_light(image) if floats else np.rint(image * 65535).astype(np.uint16)


if __name__ == "__main__":
    main()
