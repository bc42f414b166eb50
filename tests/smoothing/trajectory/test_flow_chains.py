"""Flow is chained from frame to frame, and trust multiplied."""

import numpy as np

from framesmooth.smoothing.trajectory.flow_chains import trajectories
from framesmooth.smoothing.trajectory.pyramid import (
    LevelMotion,
)
from tests.scenes import FlowField


def test_trajectories_chain_flow_and_multiply_trust() -> None:
    def constant(dx: float) -> FlowField:
        return np.broadcast_to(np.array([dx, 0], np.float32), (20, 30, 2)).copy()

    seen = np.ones((20, 30), np.bool_)
    motions = [
        LevelMotion(
            constant(dx).astype(np.float16),
            constant(-dx).astype(np.float16),
            (seen & (np.arange(30) < 30 - dx), seen),
            (seen, seen),
        )
        for dx in (1.5, 0.25)
    ]
    (ahead, free), (behind, _) = (trajectories(motions, centre, 2) for centre in (0, 2))
    np.testing.assert_allclose(ahead[2].flow, constant(1.75), atol=1e-6)
    np.testing.assert_allclose(behind[-2].flow, constant(-1.75), atol=1e-6)
    assert ahead[2].trust[:, :27].min() == 1
    assert not ahead[2].trust[:, 28:].all()
    assert free[2].flow is ahead[2].flow
    assert free[2].trust[:, :28].all()
