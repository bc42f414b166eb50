"""Similarity of neighbouring frames in the features of an image model whose folder the user gives."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MetricUnavailable, missing_packages
from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow

Embedding = NDArray[np.float32]


class Consistency(FrameMetric):
    """mean_t cos(e(O_(t-1)), e(O_t)), e the image features of a model, -1 to 1.

    Sees what a frame shows, and next to nothing of flicker: a check that smoothing kept the content. Pairs
    across a cut do not count.
    """

    unit = "cosine"
    higher_is_better = True
    by_default = False
    needs_motion = True  # finds the cuts
    needs_weights = True
    note = "needs two frames of one shot"

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self._before: Embedding | None = None
        if folder is None:
            raise MetricUnavailable(f"no model given, add --weights {self.name}=FOLDER")
        if not (folder / "config.json").is_file():
            raise MetricUnavailable(f"{folder} holds no transformers model (config.json)")
        if missing := missing_packages(("torch", "transformers", "safetensors")):
            raise MetricUnavailable(f"it needs packages that are missing: pip install {' '.join(missing)}")
        from safetensors import SafetensorError

        try:
            self._processor, self._model = self._load(str(folder))
        except (ImportError, OSError, ValueError, SafetensorError) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise MetricUnavailable(f"{folder} cannot be loaded: {reason[0]}") from error

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        here, before = self._embed(frame), self._before
        self._before = here
        return None if before is None or cut else float(here @ before)

    def _load(self, folder: str) -> tuple[Any, Any]:
        """Return the processor and the model of a local folder; nothing is downloaded or unpickled."""
        from transformers import AutoImageProcessor

        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
        model, loaded = self._architecture().from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
        # DINO comes without the pooling layer, whose output is not used.
        if any(not name.startswith("pooler.") for name in loaded["missing_keys"]):
            raise ValueError("its weights are those of another kind of model")
        return processor, model.eval()

    def _embed(self, frame: Frame) -> Embedding:
        """Return the features of a frame (D,), of length 1."""
        import torch

        with torch.inference_mode():
            pictures = self._processor(images=frame, return_tensors="pt")
            features = np.asarray(self._features(self._model(**pictures))[0].float().numpy(), np.float32)
        return np.asarray(features / max(float(np.linalg.norm(features)), 1e-12), np.float32)

    @abstractmethod
    def _architecture(self) -> Any:
        """Return the class of transformers that loads the model."""

    @abstractmethod
    def _features(self, output: Any) -> Any:
        """Return the features (1, D) in the output of the model."""


class ClipConsistency(Consistency):
    """Cosine of the CLIP image embeddings of neighbouring frames ("frame consistency", Esser et al. 2023).

    The model is a CLIP folder in the format of transformers (Radford et al. 2021); see :class:`Consistency`.
    """

    name = "clip_consistency"

    def _architecture(self) -> Any:
        from transformers import CLIPVisionModelWithProjection

        return CLIPVisionModelWithProjection

    def _features(self, output: Any) -> Any:
        return output.image_embeds


class DinoConsistency(Consistency):
    """Cosine of the DINO features of neighbouring frames: half of VBench's "subject consistency".

    VBench takes the mean of this and of the similarity to frame 0. The model is a DINO or DINOv2 folder in
    the format of transformers (Caron et al. 2021), its features the class token; see :class:`Consistency`.
    """

    name = "dino_consistency"

    def _architecture(self) -> Any:
        from transformers import AutoModel

        return AutoModel

    def _features(self, output: Any) -> Any:
        return output.last_hidden_state[:, 0]
