"""Optical flow by a trained network: RAFT (Teed and Deng 2020) as torchvision implements it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from framesmooth.errors import ModelError, require_packages
from framesmooth.frames import Frame
from framesmooth.motion.flow.base import FlowField

_LARGE, _SMALL = 64, 32
_MADE_BY: Final = {_LARGE: "raft_large", _SMALL: "raft_small"}
"""torchvision's constructors, by the number of channels of the first layer."""

_FIRST_LAYER: Final = "feature_encoder.convnormrelu.0.weight"
_MULTIPLE: Final = 8  # features are an eighth as large as the frame
_SMALLEST_SIDE: Final = 128  # the correlation pyramid halves the features three times


@dataclass(frozen=True, kw_only=True)
class RaftFlow:
    """RAFT with the weights of a file; their shapes decide between the large and the small network.

    Attributes:
        weights: a .safetensors file with the names that torchvision's ``raft_large`` or ``raft_small``
            give its tensors.
        num_flow_updates: refinements of the flow; 12 is what the network was trained with.

    Raises:
        ModelError: torchvision is missing or broken, or the file is missing, unsafe or holds other weights.
    """

    weights: Path = field(repr=False)
    num_flow_updates: int = 12
    name: str = field(init=False)
    _network: Any = field(init=False, repr=False, compare=False)
    _device: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load the network, so that what is wrong is known before the first frame."""
        object.__setattr__(self, "name", self.weights.name)
        network = _load_network(self.weights)
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        object.__setattr__(self, "_device", device)
        object.__setattr__(self, "_network", network.to(device))

    def __call__(self, image0: Frame, image1: Frame) -> FlowField:
        """Return flow (H, W, 2) float32 in pixels from ``image0`` to ``image1`` (both (H, W, 3) uint8)."""
        import torch

        height, width = image0.shape[:2]
        first, second = (
            torch.from_numpy(_padded(image)).to(self._device).permute(2, 0, 1)[None].float() / 127.5 - 1
            for image in (image0, image1)
        )
        with torch.inference_mode():
            flow = self._network(first, second, num_flow_updates=self.num_flow_updates)[-1][0]
        return np.ascontiguousarray(flow.permute(1, 2, 0).cpu().numpy()[:height, :width], dtype=np.float32)


def _padded(image: Frame) -> Frame:
    """Replicate right and bottom edges until both sides are a multiple of 8 and large enough."""
    height, width = (
        max(-(-side // _MULTIPLE) * _MULTIPLE, _SMALLEST_SIDE) - side for side in image.shape[:2]
    )
    return np.asarray(cv2.copyMakeBorder(image, 0, height, 0, width, cv2.BORDER_REPLICATE), np.uint8)


def _load_network(path: Path) -> Any:
    tensors = _read_tensors(path)
    first = tensors.get(_FIRST_LAYER)
    constructor = None if first is None else _MADE_BY.get(first.shape[0])
    if constructor is None:
        raise ModelError(
            f"{path} holds no weights of RAFT as torchvision names them: save raft_large's or raft_small's "
            "state_dict"
        )
    network = getattr(_torchvision_optical_flow(), constructor)()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelError(
            f"{path} does not fit {constructor} ({reason}): save its whole state_dict"
        ) from error
    return network.eval()


def _read_tensors(path: Path) -> dict[str, Any]:
    """Return the tensors of a file by name; nothing in it is run."""
    if not path.is_file():
        raise ModelError(f"there is no file {path}: give the weights of RAFT")
    if path.suffix != ".safetensors":
        raise ModelError(
            f"{path} is no .safetensors file, so it could run code, and is not opened: save the state_dict "
            "of the network with safetensors.torch.save_file"
        )
    require_packages("--flow raft", ("torch", "safetensors"))
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} cannot be read: give a .safetensors file of tensors") from error


def _torchvision_optical_flow() -> Any:
    try:
        from torchvision.models import optical_flow
    except ImportError as error:
        raise ModelError(
            "RAFT needs torchvision, which is not installed: install the build that fits your PyTorch, "
            "or use another --flow"
        ) from error
    except (RuntimeError, OSError) as error:
        # A torchvision of another PyTorch fails while it registers its operators.
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"torchvision does not fit this PyTorch ({reason}): install its own build"
        ) from error
    return optical_flow
