"""The settings of a ControlNet, and whether its weights fit the pipeline. Nothing here imports torch.

A ControlNet (Zhang et al. 2023) conditions on a second image: edges, depth, the pose of a figure.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from framesmooth.errors import ModelError
from framesmooth.models.checkpoints import (
    check_weights,
    loaded_files,
    pipeline_class,
    read_object,
)
from framesmooth.models.hub import from_hub, looks_like_hub_id
from framesmooth.models.weight_hashes import weights_sha256

ControlKind = Literal["canny", "depth", "pose"]
CONTROL_KINDS: Final[tuple[ControlKind, ...]] = ("canny", "depth", "pose")
"""Edges, which are found in the source; maps of depth and skeletons of figures, which the source shows."""

CONFIG_FILE: Final = "config.json"
_FETCHED: Final = (
    CONFIG_FILE,
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model-*.safetensors",
)

_UNET: Final = "ControlNetModel"
_CONTROLLED: Final = {
    "StableDiffusionPipeline": ("StableDiffusionControlNetPipeline", _UNET),
    "LatentConsistencyModelPipeline": ("StableDiffusionControlNetPipeline", _UNET),
    "StableDiffusionXLPipeline": ("StableDiffusionXLControlNetPipeline", _UNET),
    "StableDiffusion3Pipeline": ("StableDiffusion3ControlNetPipeline", "SD3ControlNetModel"),
    "FluxPipeline": ("FluxControlNetPipeline", "FluxControlNetModel"),
}
"""Pipeline -> the same with a ControlNet, and the class of that."""

_SHARED: Final = {
    _UNET: ("in_channels", "cross_attention_dim", "block_out_channels", "addition_embed_type"),
    "SD3ControlNetModel": ("num_attention_heads", "attention_head_dim", "pooled_projection_dim"),
    "FluxControlNetModel": ("in_channels", "num_attention_heads", "joint_attention_dim"),
}
"""Class -> what of its configuration is that of the network it steers."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """A ControlNet and its source of control images.

    Attributes:
        kind: what the source holds.
        source: a video, or a folder of images.
        model: the ControlNet: a folder in diffusers' format, or a hub id.
        scale: a schedule of how strictly it is followed; 1 is what it was trained for, 0 not at all.
        end: share of the steps that follow it.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of one in a record

    kind: ControlKind
    source: Path
    model: str
    scale: str = "1"
    end: float = 1.0

    @property
    def model_path(self) -> Path | None:
        """The model's folder where it was given by path, None for hub ids."""
        path = Path(self.model).expanduser()
        return path if path.exists() else None

    def __str__(self) -> str:
        return f"{self.kind} of {self.source.name} by {Path(self.model).name}"


def controlled_class(pipeline: str, model: str) -> tuple[str, str]:
    """Return the name of the pipeline's class that takes a ControlNet, and of the class of that.

    Raises:
        ModelError: where diffusers has none; ``model`` is what the user calls the pipeline.
    """
    if pipeline not in _CONTROLLED:
        raise ModelError(f"{model} is a {pipeline}, for which there is no ControlNet: drop --control")
    return _CONTROLLED[pipeline]


def locate_control(control: Control, *, allow_download: bool = False) -> Path:
    """Return the folder of a ControlNet, which is whole and safe to load.

    Raises:
        ModelError: when there is none.
    """
    folder = Path(control.model).expanduser()
    if not folder.exists() and looks_like_hub_id(control.model):
        folder = from_hub(control.model, allow_download, lambda _fetch: _FETCHED, "--control-model")
    if not folder.exists():
        raise ModelError(f"no ControlNet at {control.model}: --control-model takes a folder or a hub id")
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(
            f"{control.model} is no ControlNet in diffusers' format, which is a folder with {CONFIG_FILE}"
        )
    check_weights(folder, str(folder.resolve().parent.name))
    return folder


def check_fit(controlnet: Path, model: Path) -> None:
    """Check that a ControlNet was made for the denoiser of the pipeline in ``model``.

    Raises:
        ModelError: naming the first thing that does not fit.
    """
    _, wanted = controlled_class(pipeline_class(model), model.name)
    config = read_object(controlnet / CONFIG_FILE)
    kind = config.get("_class_name")
    if kind != wanted:
        raise ModelError(f"{controlnet.name} is a {kind}, {model.name} takes a {wanted}: choose another")
    if config.get("num_mode") is not None:
        raise ModelError(
            f"{controlnet.name} is for several kinds of control at once: choose one for a single"
        )
    steered = _denoiser_config(model)
    for name in _SHARED[wanted]:
        own, base = config.get(name), steered.get(name)
        if name in config and name in steered and own != base:
            raise ModelError(
                f"{controlnet.name} does not fit {model.name} ({name} {own}, not {base}): "
                "choose a ControlNet made for this base"
            )


def _denoiser_config(model: Path) -> dict[str, Any]:
    parts = (model / name / CONFIG_FILE for name in ("unet", "transformer"))
    return next((read_object(path) for path in parts if path.is_file()), {})


def control_hashes(controlnet: Path) -> dict[str, str]:
    """Return a name for each file of a ControlNet -> the SHA-256 (hex) of its content."""
    return {f"control: {path.name}": weights_sha256(path) for path in loaded_files(controlnet)}
