"""Makes what lies in ``samples/`` and the pictures of the README, with the command line that users have.

    python scripts/make_samples.py [--only flickering]

The flickering clip is a pan over one painted scene, whose motion is known, with seeded flicker of all four
kinds; ``clean.mp4`` is the same clip without it.
"""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
from storybook.painter import paint
from storybook.world import Scene

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from framesmooth.frames import Frame  # noqa: E402
from framesmooth.video import open_sink, open_source, write_png  # noqa: E402
from tests.scenes import add_flicker  # noqa: E402

SAMPLES, PICTURES = HOME / "samples", HOME / "docs" / "pictures"
CLIPS = {
    "evening": ["samples/prompts/evening.yaml", "--num-frames", "120", "--seed", "7"],
    "journey": ["samples/prompts/journey.yaml", "--num-frames", "96", "--seed", "5"],
    "lands": ["samples/prompts/lands.yaml", "--num-frames", "72", "--seed", "5", "-W", "384", "-H", "216"],
    "voyage": [
        *("samples/prompts/voyage.yaml", "--num-frames", "240", "--fps", "24", "--seed", "3", "-W", "384"),
        *("-H", "216", "--loop", "--zoom", "1 + 0.002*sin(6.2832*t/240)", "--cadence", "6"),
        *("--pan-x", "0.4*sin(6.2832*t/240)", "--strength", "0.35"),
    ],
    "hills": ["samples/prompts/hills.json", "--num-frames", "48", "--seed", "6"],
}
SCENE = Scene("hills", "noon", "windmill", "red", "oil", frozenset(), 11)
NUM_FRAMES, STEP = 36, 3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", type=click.Choice([*CLIPS, "flickering"]), multiple=True, help="Only these.")
def main(only: tuple[str, ...]) -> None:
    """Make all samples and pictures anew."""
    wanted = only or (*CLIPS, "flickering")
    for name in wanted:
        if name == "flickering":
            make_flickering()
        else:
            make_clip(name)


def make_flickering() -> None:
    """Write clean.mp4 and flickering.mp4, smooth the latter and keep the pictures of its report."""
    clean = pan(SCENE, 256, 256)
    for name, frames in (("clean", clean), ("flickering", add_flicker(clean, "GLTW", strength=1.0, seed=4))):
        with open_sink(
            SAMPLES / f"{name}.mp4", fps=Fraction(12), size=(256, 256), crf=14, overwrite=True
        ) as sink:
            for frame in frames:
                sink.write(frame)
    run(
        "smooth",
        "samples/flickering.mp4",
        "-o",
        "samples/steady.mp4",
        "--overwrite",
        "--report",
        "build/steady-report",
    )
    for name in ("strip.png", "metrics.png"):
        (PICTURES / f"flickering-{name}").write_bytes((HOME / "build/steady-report" / name).read_bytes())


def pan(scene: Scene, height: int, width: int) -> list[Frame]:
    """Frames (height, width, 3) of a camera that moves over one painted scene, ``STEP`` pixels a frame."""
    wide = paint(scene, height, width + STEP * (NUM_FRAMES - 1))
    return [np.ascontiguousarray(wide[:, STEP * t : STEP * t + width]) for t in range(NUM_FRAMES)]


def make_clip(name: str) -> None:
    """Generate a clip as MP4, as an animated WebP for the README, and a row of its keyframes."""
    run("generate", *CLIPS[name], "-o", f"samples/{name}.mp4", "--overwrite")
    run("assemble", f"samples/{name}.mp4", "-o", f"docs/pictures/{name}.webp", "--fps", "12", "--overwrite")
    frames = list(open_source(SAMPLES / f"{name}.mp4"))
    shown = [frames[round(t)] for t in np.linspace(0, len(frames) - 1, 6)]
    write_png(PICTURES / f"{name}.png", np.ascontiguousarray(np.hstack(shown)))


def run(*arguments: str) -> None:
    """Run framesmooth as a user would."""
    subprocess.run([sys.executable, "-m", "framesmooth", *arguments], check=True, cwd=HOME)


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    main()
