"""The families of pipelines, by the names of diffusers' classes."""

from typing import Any, Final

from framesmooth.errors import ModelError
from framesmooth.models.families.base import Family
from framesmooth.models.families.flux import Flux
from framesmooth.models.families.pixart import PixArt
from framesmooth.models.families.stable_diffusion import LatentConsistency, StableDiffusionXL
from framesmooth.models.families.stable_diffusion_3 import StableDiffusion3

FAMILIES: Final[dict[str, type[Family]]] = {
    "StableDiffusionPipeline": Family,
    "LatentConsistencyModelPipeline": LatentConsistency,
    "StableDiffusionXLPipeline": StableDiffusionXL,
    "StableDiffusion3Pipeline": StableDiffusion3,
    "PixArtAlphaPipeline": PixArt,
    "PixArtSigmaPipeline": PixArt,
    "FluxPipeline": Flux,
}


def family_of(pipe: Any, name: str = "the model") -> Family:
    """Return ``pipe`` as a member of its family; ``name`` is what the user calls it.

    Raises:
        ModelError: a class that isn't known here.
    """
    for kind in type(pipe).__mro__:
        family = FAMILIES.get(kind.__name__.replace("ControlNetPipeline", "Pipeline"))
        if family is not None:
            return family(pipe)
    known = ", ".join(name.removesuffix("Pipeline") for name in FAMILIES)
    raise ModelError(
        f"{name} is a {type(pipe).__name__}, which is not known here: use one of {known}, or a video model"
    )
