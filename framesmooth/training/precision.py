"""Number formats of training, by the hardware."""

import torch

from framesmooth.models.devices import choose_dtype


def autocast(device: torch.device) -> torch.autocast:
    """Return mixed precision where the hardware multiplies bfloat16; elsewhere float32 as it is.

    A CPU without instructions for bfloat16 is slower with it. Cards that have float16 only are kept at
    float32: its gradients would have to be scaled.
    """
    enabled = choose_dtype("auto", device) == torch.bfloat16
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def prepare(device: torch.device, seed: int) -> None:
    """Seed PyTorch, and keep denormal numbers off CPUs, whose convolutions they slow down many times."""
    torch.manual_seed(seed)
    if device.type == "cpu":
        torch.set_flush_denormal(True)
