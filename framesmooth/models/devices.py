"""Choice of device and number format, and errors of running out of memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from framesmooth.errors import ModelError, UsageError

_NO_MEMORY: Final = re.compile(r"out of memory|can't allocate memory|not enough memory", re.IGNORECASE)
"""What torch says on devices that have no error of their own for it."""
DTYPES: Final[dict[str, torch.dtype]] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def choose_device(name: str = "auto") -> torch.device:
    """Return the device called ``name``; "auto" is CUDA, then Apple's MPS, then the CPU.

    Raises:
        UsageError: when the name is unknown to torch or the device isn't there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:1 or mps") from error
    present = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= present.get(device.type, 0):
        raise UsageError(f"device {name!r} is not available here: use --device auto or cpu")
    return device


def gpu_names(visible: str | None) -> list[str]:
    """Return the GPUs of CUDA or ROCm as CUDA_VISIBLE_DEVICES names them.

    Args:
        visible: what that variable says, None where it is not set.
    """
    count = torch.cuda.device_count()
    named = [one.strip() for one in (visible or "").split(",") if one.strip()]
    return named[:count] if visible is not None else [str(index) for index in range(count)]


@contextmanager
def limited_threads(count: int | None) -> Iterator[None]:
    """Let torch compute with ``count`` threads at most while the block runs; None leaves it as it is."""
    before = torch.get_num_threads()
    if count is not None and count < before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype called ``name``; "auto" is bfloat16 where the hardware multiplies it, else float32.

    On CUDA cards older than that it is float16; on a CPU it takes AMX or AVX512-BF16, without which bfloat16
    is emulated and slower than float32.

    Raises:
        UsageError: when the name is unknown, or float16 is asked of a CPU, which many layers cannot do.
    """
    if name == "auto":
        if device.type == "cuda":
            return (
                torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
            )
        return torch.bfloat16 if device.type == "cpu" and cpu_multiplies_bfloat16() else torch.float32
    if name not in DTYPES:
        raise UsageError(f"unknown dtype {name!r}: use auto, {', '.join(DTYPES)}")
    if name == "float16" and device.type == "cpu":
        raise UsageError("float16 is not for CPUs: use --dtype auto, bfloat16 or float32")
    return DTYPES[name]


def cpu_multiplies_bfloat16() -> bool:
    """Tell whether this CPU has matrix or vector instructions for bfloat16 (AMX-BF16, AVX512-BF16)."""
    capabilities = torch.cpu.get_capabilities()
    return any(bool(capabilities.get(name)) for name in ("amx_bf16", "avx512_bf16"))


def dtype_name(dtype: torch.dtype) -> str:
    """Return "bfloat16" for ``torch.bfloat16``, and so on."""
    return str(dtype).removeprefix("torch.")


@contextmanager
def memory_errors(*, low_vram: bool = False, cpu_offload: bool = False) -> Iterator[None]:
    """Turn running out of memory into a ModelError that names options which need less."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not (isinstance(error, torch.OutOfMemoryError | MemoryError) or _NO_MEMORY.search(str(error))):
            raise
        unused = {"--low-vram": low_vram, "--cpu-offload": cpu_offload}
        options = " or ".join(name for name, used in unused.items() if not used)
        advice = f"add {options}" if options else "lower -W and -H, or use --device cpu"
        raise ModelError(
            f"out of memory: {advice}; what is done is kept, and the same command resumes it"
        ) from error
