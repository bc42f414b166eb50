"""Training of the baselines: mirrored scenes, codebooks that follow what they stand for, views of clips."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from storybook.baseline_data import mirror
from storybook.baseline_export import motion_words
from storybook.motion import clip_at
from storybook.moving_captions import moving_caption
from storybook.train_video_gan import Discriminator, Observer, _missed, _observed
from storybook.train_video_gpt import Codebooks
from storybook.world import Motion

from framesmooth.models.baselines.caption import WAYS, motion_classes, motion_tensor
from tests.tiny_baselines import tiny_codes


def test_a_mirrored_scene_goes_the_other_way() -> None:
    scene = replace(
        clip_at(3), subject="sailboat", motion=Motion("travel", "left", "pan right", "clouds left")
    )
    other = mirror(scene).motion
    assert other is not None
    assert (other.direction, other.camera, other.sky) == ("right", "pan left", "clouds right")
    assert mirror(mirror(scene)) == scene
    still = replace(scene, motion=None)
    assert mirror(still) == still
    caption = moving_caption(mirror(scene), np.random.default_rng(0))
    assert WAYS[motion_classes(caption)[1]] in ("", "right")


def test_a_codes_vector_comes_to_the_mean_of_those_it_stands_for() -> None:
    codes = tiny_codes()
    books = Codebooks(codes, decay=0.9)
    torch.manual_seed(5)
    vectors = 5 * torch.randn(120, 4)
    errors = [
        float((books.update(vectors, fresh=step == 0) - vectors).square().mean()) for step in range(300)
    ]
    assert errors[-1] < 0.7 * errors[0]
    first = codes.quantized(vectors)[:, 0]
    for code in sorted(set(first.tolist())):
        assert torch.allclose(codes.codebooks[0, code], vectors[first == code].mean(0), atol=0.05)


def test_a_code_that_stands_for_nothing_becomes_a_vector_of_the_batch() -> None:
    codes = tiny_codes()
    codes.codebooks[0, 2] = 1000.0
    books = Codebooks(codes, decay=0.5)
    torch.manual_seed(6)
    for _ in range(12):
        books.update(torch.randn(50, 4), fresh=False)
    assert float(codes.codebooks[0].abs().max()) < 10


def test_a_discriminator_scores_captions_and_those_of_others() -> None:
    torch.manual_seed(6)
    states, motion = torch.randn(4, 5, 192), motion_tensor(["a boat sailing left", "", "a cat", "a castle"])
    for over_time, shape in ((False, (4, 8, 16, 16)), (True, (4, 8, 8, 16, 16))):
        judge = Discriminator(8, over_time=over_time, width=8).eval()
        with torch.no_grad():
            right, wrong = judge(torch.randn(shape), states, motion)
        assert right.shape == wrong.shape == (4,)
        assert not torch.allclose(right, wrong)


def test_an_observer_that_says_nothing_makes_noise_and_one_that_says_much_tells_of_it() -> None:
    torch.manual_seed(7)
    observer = Observer(8, 64)
    pair, clips = torch.nn.ModuleDict({"observer": observer}), torch.randn(32, 2, 8, 16, 16)
    for parameter in observer.say.parameters():
        torch.nn.init.zeros_(parameter)
    noise, known = _observed(pair, clips)
    assert float(known) == 0.0
    assert float(noise.std()) == pytest.approx(1.0, abs=0.1)
    torch.nn.init.constant_(observer.say.bias[:64], 2.0)  # means: 2²/2 nats each
    assert float(_observed(pair, clips)[1].detach()) == pytest.approx(2.0)


def test_what_is_missed_counts_by_weight() -> None:
    fake, real = torch.zeros(1, 2, 3, 1, 2), torch.zeros(1, 2, 3, 1, 2)
    real[..., 0] = 2.0
    weight = torch.tensor([3.0, 1.0]).expand(1, 2, 1, 2)
    assert float(_missed(fake, real, weight)) == pytest.approx(3.0)
    assert float(_missed(real, real, weight)) == 0.0


def test_words_of_motion_are_known() -> None:
    assert {"sailing", "left", "flapping", "slowly", "motionless"} <= motion_words()
