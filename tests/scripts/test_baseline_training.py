"""Training of the baselines: mirrored scenes, codebooks that follow what they stand for, views of clips."""

from dataclasses import replace

import numpy as np
import torch
from storybook.baseline_data import mirror
from storybook.baseline_export import motion_words
from storybook.motion import clip_at
from storybook.moving_captions import moving_caption
from storybook.train_video_gan import Discriminator
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


def test_words_of_motion_are_known() -> None:
    assert {"sailing", "left", "flapping", "slowly", "motionless"} <= motion_words()
