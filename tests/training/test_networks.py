"""Denoisers in training: no loss for one that knows the answer, and called as their pipelines call them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import pytest
import torch
from torch import Tensor

from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families import family_of
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import from_disk
from framesmooth.training.networks import Diffusion, Flow, objective_of
from tests.tiny_families import build_tiny_family

SCHEDULE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def family_with(scheduler: Any) -> Any:
    return SimpleNamespace(pipe=SimpleNamespace(scheduler=scheduler))


class Knowing(Diffusion):
    """A denoiser that knows the picture, ``known``, and answers as its scheduler wants it."""

    known: Tensor

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        alpha = self.noising.alphas_cumprod[times].view(-1, 1, 1, 1)
        noise = (noisy - alpha.sqrt() * self.known) / (1 - alpha).sqrt()
        answers = {
            "sample": self.known,
            "epsilon": noise,
            "v_prediction": alpha.sqrt() * noise - (1 - alpha).sqrt() * self.known,
        }
        return Tensor(answers[self.noising.config.prediction_type])


class KnowingFlow(Flow):
    """The same for flow matching: the way from the picture to the noise."""

    known: Tensor

    def predict(self, noisy: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        sigma = (times / 1000).view(-1, 1, 1, 1)
        return (noisy - self.known) / sigma


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_a_denoiser_that_knows_the_picture_has_no_loss(kind: str) -> None:
    knowing = Knowing(family_with(diffusers.DDIMScheduler(**SCHEDULE, prediction_type=kind)))
    picture = torch.randn(8, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    chance = torch.Generator().manual_seed(1)
    knowing.known = picture
    losses = knowing.loss(picture, {}, chance)
    assert losses.shape == (8,)
    assert float(losses.max()) < 1e-3
    knowing.known = picture + 1.0
    assert float(knowing.loss(picture, {}, chance).min()) > 1e-5


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_flow_that_knows_the_picture_has_no_loss(dynamic: bool) -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=dynamic)
    knowing = KnowingFlow(family_with(scheduler))
    picture = torch.randn(8, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    knowing.known = picture
    assert float(knowing.loss(picture, {}, torch.Generator().manual_seed(1)).max()) < 1e-3


@pytest.mark.parametrize(
    "name", ["stable_diffusion_2", "stable_diffusion_xl", "stable_diffusion_3", "flux", "flux_schnell"]
)
def test_a_denoiser_is_called_as_its_pipeline_calls_it(name: str, tmp_path: Path) -> None:
    folder = build_tiny_family(name, tmp_path)
    pipe = from_disk(folder, None, torch.float32)
    pipe.set_progress_bar_config(disable=True)
    family = family_of(pipe)
    seen: dict[str, Any] = {}

    def keep(_network: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        given = dict(zip(("sample", "timestep"), args, strict=False)) | kwargs
        seen.update(noisy=given.get("hidden_states", given.get("sample")), time=given["timestep"])
        seen["answer"] = output[0]

    meaning = family.encode("a red boat", "", guided=False)
    noise = torch.randn(1, family.latent_channels, 8, 12, generator=torch.Generator().manual_seed(0))
    with family.denoiser.register_forward_hook(keep, with_kwargs=True):
        family.denoise(
            meaning,
            noise,
            steps=1,
            guidance=Guidance(scale=1.0),
            generators=[torch.Generator()],
            on_iteration=lambda *_: None,
        )
    times = seen["time"].reshape(1) * (1000 if name.startswith("flux") else 1)
    noisy = family.unpack(seen["noisy"], noise.shape)
    with torch.no_grad():
        ours = objective_of(family, name).predict(noisy, times, meaning)
    torch.testing.assert_close(ours, family.unpack(seen["answer"], noise.shape), rtol=1e-4, atol=1e-5)
