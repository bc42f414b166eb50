"""What training a motion adapter returns."""

from dataclasses import dataclass

from framesmooth.workflows.trained_lora import TrainedLora


@dataclass(frozen=True, kw_only=True)
class TrainedMotion(TrainedLora):
    """A trained motion adapter: as a trained LoRA, but ``output`` is a folder in diffusers' format."""
