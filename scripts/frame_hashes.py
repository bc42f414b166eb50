"""Hashes of the frames that five commands make, to see whether a change of the code changes a single pixel.

The same machine, the same versions of the libraries and the same number of threads give the same frames.

Example::

    python scripts/frame_hashes.py --write before.json
    python scripts/frame_hashes.py --compare before.json
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click

DEMO = (
    "a red sailboat on the sea at sunset, oil painting",
    "a red sailboat on the sea at night, oil painting",
)


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the commands in the order in which they run; the last ones read what the first one made."""
    demo, lossless = folder / "demo.mp4", ("--codec", "ffv1")
    return {
        "demo": ["generate", *DEMO, "--num-frames", "48", "--seed", "7", "-o", str(demo)],
        "camera": [
            "generate", "a castle on green hills", "--zoom", "1.02", "--pan-x", "1", "--num-frames", "9",
            "--width", "128", "--height", "128", "--steps", "6", "-o", str(folder / "camera.mp4"),
        ],
        "init-video": [
            "generate", "a lighthouse by the sea, watercolor", "--init-video", str(demo),
            "--num-frames", "10", "--steps", "6", "-o", str(folder / "restyled.mp4"),
        ],
        "smooth": ["smooth", str(demo), "--strength", "0.7", *lossless, "-o", str(folder / "smooth.mkv")],
        "interpolate": ["interpolate", str(demo), "--cadence=2", *lossless, "-o", f"{folder}/between.mkv"],
    }  # fmt: skip


def frames_hash(clip: Path) -> str:
    """Return the SHA-256 of all decoded frames of a clip."""
    from framesmooth import open_source

    digest = hashlib.sha256()
    for frame in open_source(clip):
        digest.update(frame.tobytes())
    return digest.hexdigest()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--write", type=click.Path(path_type=Path), help="Write the hashes to this file.")
@click.option("--compare", type=click.Path(path_type=Path, exists=True), help="Compare with this file.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the clips in this folder.")
def main(write: Path | None, compare: Path | None, keep: Path | None) -> None:
    """Runs five commands and writes or compares the hashes of their frames."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for name, arguments in commands(folder).items():
            subprocess.run([sys.executable, "-m", "framesmooth", *arguments, "-q"], check=True)
            found[name] = frames_hash(Path(arguments[arguments.index("-o") + 1]))
            click.echo(f"{name}: {found[name]}")
    if write is not None:
        write.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if compare is not None:
        before = json.loads(compare.read_text(encoding="utf-8"))
        changed = [name for name in found if before.get(name) != found[name]]
        click.echo(f"changed: {', '.join(changed)}" if changed else "every frame is the same")
        sys.exit(bool(changed))


if __name__ == "__main__":
    main()
