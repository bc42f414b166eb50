"""Engines that are used again give the flow that a new one gives."""

from typing import Any

import numpy as np
import pytest

from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.flow.dis import DisFlow
from tests.scenes import moving_scene


@pytest.mark.parametrize("name", ["dis-fast", "dis-fine", "dis-robust"])
@pytest.mark.parametrize("size", [(128, 128), (144, 160)])
def test_an_engine_used_again_gives_the_flow_of_a_new_one(name: str, size: tuple[int, int]) -> None:
    flow, scene = load_flow(name), moving_scene(frames=3, size=size, pan=(2.0, -1.0))
    assert isinstance(flow, DisFlow)
    pairs = list(zip(scene.frames, scene.frames[1:], strict=False))
    start = np.full((*size, 2), 1.5, np.float32)
    used = [flow.seeded(*pair, seed) for seed in (None, start, None) for pair in pairs]
    new = []
    for seed in (None, start, None):
        for image0, image1 in pairs:
            grey0, grey1 = (flow._prepare(image) for image in (image0, image1))
            engine: Any = flow._engine()
            new.append(engine.calc(grey0, grey1, None if seed is None else seed.copy()))
    for one, other in zip(used, new, strict=True):
        np.testing.assert_array_equal(one, other)
