"""The motion module: it starts as the identity, hears the text and knows what it fits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from storybook.captions import caption
from storybook.clips import Clips
from storybook.dataset import scene_at
from storybook.models import grown, text_encoder, tokenizer, unet
from storybook.motion_module import MotionModule, geometry, load_motion, points
from storybook.moving_captions import moving_caption
from storybook.text import MOTION_TABLES, TABLES, labels
from storybook.train_motion import Stage, train_motion

from framesmooth.errors import ModelError

FRAMES = 4


def _unet(width: int = 32) -> UNet2DConditionModel:
    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(width, 2 * width),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        norm_num_groups=8,
    ).eval()


def _module(net: UNet2DConditionModel, *, trained: bool = True) -> MotionModule:
    torch.manual_seed(1)
    module: MotionModule = MotionModule(geometry(net), text_width=16, heard=32, groups=8, frames=FRAMES)
    for name, weight in module.named_parameters():
        if trained and name.endswith(("leave.weight", "listen.weight")):
            torch.nn.init.normal_(weight, std=0.2)
    module.eval()
    return module


def _inputs(clips: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(2)
    count = clips * FRAMES
    z, states = torch.randn(count, 4, 8, 8, generator=rng), torch.randn(count, 6, 16, generator=rng)
    return z, torch.tensor(500), states


@torch.no_grad()
def _drawn(
    net: UNet2DConditionModel, module: MotionModule, clips: int = 1, strength: float = 1.0
) -> torch.Tensor:
    z, t, states = _inputs(clips)
    with module.joined(net, FRAMES, strength):
        drawn: torch.Tensor = net(z, t, encoder_hidden_states=states).sample
    return drawn


@torch.no_grad()
def _alone(net: UNet2DConditionModel) -> torch.Tensor:
    z, t, states = _inputs()
    drawn: torch.Tensor = net(z, t, encoder_hidden_states=states).sample
    return drawn


def test_an_untrained_module_changes_nothing() -> None:
    net = _unet()
    assert torch.equal(_drawn(net, _module(net, trained=False)), _alone(net))


def test_strength_0_draws_each_picture_for_itself_and_more_changes_more() -> None:
    net = _unet()
    module, alone = _module(net), _alone(net)
    assert torch.equal(_drawn(net, module, strength=0.0), alone)
    assert not torch.allclose(_drawn(net, module), alone, atol=1e-3)
    assert torch.equal(_alone(net), alone)  # nothing stays behind


def test_frames_of_a_clip_see_each_other_and_those_of_another_clip_do_not() -> None:
    net = _unet()
    module = _module(net)
    z, t, states = _inputs(clips=2)
    changed = z.clone()
    changed[0] += 1
    with torch.no_grad(), module.joined(net, FRAMES):
        one, other = (net(x, t, encoder_hidden_states=states).sample for x in (z, changed))
    difference = (one - other).abs().flatten(1).amax(dim=1)
    assert (difference[:FRAMES] > 1e-4).all()
    torch.testing.assert_close(one[FRAMES:], other[FRAMES:], rtol=0, atol=1e-5)


def test_a_clip_longer_than_the_window_has_no_border() -> None:
    net = _unet()
    module = _module(net)
    rng = torch.Generator().manual_seed(5)
    z = torch.randn(1, 4, 8, 8, generator=rng).expand(12, -1, -1, -1)
    states = torch.randn(1, 6, 16, generator=rng).expand(12, -1, -1)
    now = torch.zeros(12)
    with torch.no_grad(), module.joined(net, 12, moments=now):
        steps = net(z, torch.tensor(300), states).sample.diff(dim=0).abs().mean(dim=(1, 2, 3))
    with torch.no_grad(), module.joined(net, FRAMES, moments=now):
        jumps = net(z, torch.tensor(300), states).sample.diff(dim=0).abs().mean(dim=(1, 2, 3))
    assert steps[2:-2].max() < 0.7 * jumps[[3, 7]].min()


def test_a_batch_of_two_clips_is_drawn_as_each_alone() -> None:
    net = _unet()
    module = _module(net)
    z, t, states = _inputs(clips=2)
    with torch.no_grad(), module.joined(net, FRAMES):
        both = net(z, t, states).sample
        apart = [net(z[k : k + FRAMES], t, states[k : k + FRAMES]).sample for k in (0, FRAMES)]
    torch.testing.assert_close(both, torch.cat(apart), rtol=0, atol=1e-5)


def test_a_batch_that_is_no_whole_number_of_clips_is_refused() -> None:
    net = _unet()
    z, t, states = _inputs()
    with _module(net).joined(net, FRAMES), pytest.raises(ValueError, match="do not divide"):
        net(z[:3], t, states[:3])


def test_the_layers_hear_the_text() -> None:
    net = _unet()
    module = _module(net)
    _, t, states = _inputs()
    when = module.moments(FRAMES)
    with torch.no_grad():
        heard = module.listen(states, t[None], when)
        assert not torch.allclose(heard, module.listen(states + 1, t[None], when))
        assert not torch.allclose(heard, module.listen(states, t[None], when + 0.1))


def test_frames_are_timed_from_the_middle_of_their_clip() -> None:
    net = _unet()
    module = _module(net)
    z, t, states = _inputs(clips=2)
    assert module.moments(3).tolist() == [-0.125, 0.0, 0.125]
    with torch.no_grad():
        drawn = []
        for moments in (None, module.moments(FRAMES).repeat(2), module.moments(FRAMES).repeat(2) + 0.5):
            with module.joined(net, FRAMES, moments=moments):
                drawn.append(net(z, t, states).sample)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2], atol=1e-4)


def test_a_folder_gives_the_same_module_back(tmp_path: Path) -> None:
    net = _unet()
    module = _module(net)
    module.save_pretrained(tmp_path, safe_serialization=True)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".safetensors"}
    again = load_motion(tmp_path, net)
    assert again.config.frames == FRAMES
    assert torch.equal(_drawn(net, again), _drawn(net, module))


def test_another_geometry_is_named() -> None:
    wide = _unet(width=64)
    with pytest.raises(ModelError, match=r"blocks of 32-64 channels, this one has .* 64-128"):
        _module(_unet()).check(wide)


def test_a_folder_without_a_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no motion module"):
        load_motion(tmp_path, _unet())


def test_the_frames_share_noise_of_variance_1() -> None:
    module = _module(_unet())
    rng = torch.Generator().manual_seed(3)
    own, shared = torch.randn(6, 4, 64, 64, generator=rng), torch.randn(4, 64, 64, generator=rng)
    noise = module.noise(own, shared)
    assert noise.var().item() == pytest.approx(1, abs=0.02)
    assert torch.corrcoef(noise.flatten(1))[0, 1:].mean().item() == pytest.approx(0.75, abs=0.02)


def test_the_built_in_unet_grows_attention_that_changes_nothing() -> None:
    torch.manual_seed(0)
    config = {
        **unet().config,
        "down_block_types": ("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    }
    small = UNet2DConditionModel.from_config(config).eval()
    z, states = torch.randn(1, 8, 8, 8), torch.randn(1, 40, 192)
    with torch.no_grad():
        torch.testing.assert_close(grown(small).eval()(z, 300, states).sample, small(z, 300, states).sample)
    with pytest.raises(ValueError, match="differs"):
        grown(_unet())


def test_a_step_of_training_moves_the_layers_and_nothing_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = tokenizer([moving_caption(scene_at(k), rng) for k in range(50)])
    text, net = text_encoder(len(words), words.eos_token_id, words.bos_token_id), unet()
    before = [weight.clone() for weight in net.parameters()]
    z, masks = rng.standard_normal((2, 16, 8, 8, 8)).astype(np.float16), np.full((2, 16, 8, 8), 9, np.uint8)
    stage, start = Stage("motion", 1e-3, ((4, 1),), 0.5), MotionModule(geometry(net))
    module = train_motion(
        tmp_path, words, text, net, [Clips(0, z, masks)], stage, torch.device("cpu"), 1.0, start
    )
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))
    assert any(name.endswith("leave.weight") and weight.any() for name, weight in module.named_parameters())
    assert len(module.layers) == len(points(net))


def test_labels_name_what_moves_and_that_nothing_does() -> None:
    still = labels(scene_at(3), moving=True)
    assert len(still) == len(TABLES) + len(MOTION_TABLES)
    assert still[len(TABLES) :] == [len(table) for table in MOTION_TABLES.values()]
    assert caption(scene_at(3), np.random.default_rng(0))
