"""The screened Poisson equation is solved."""

import numpy as np

from framesmooth.smoothing.poisson import screened_poisson


def test_the_screened_poisson_equation_is_solved() -> None:
    """Against the same equations as a sparse matrix."""
    rng = np.random.default_rng(2)
    gap, weight = (rng.random(shape, np.float32) for shape in ((9, 12, 3), (9, 12)))
    weight *= 0.1 * (np.arange(12) > 4)
    size = 9 * 12
    nodes = np.arange(size).reshape(9, 12)
    ends = np.concatenate(
        [
            np.stack([nodes[:-1].ravel(), nodes[1:].ravel()]),
            np.stack([nodes[:, :-1].ravel(), nodes[:, 1:].ravel()]),
        ],
        axis=1,
    )
    gradient = np.zeros((ends.shape[1], size))
    gradient[np.arange(ends.shape[1]), ends[0]], gradient[np.arange(ends.shape[1]), ends[1]] = -1, 1
    matrix = gradient.T @ gradient + np.diag(weight.ravel())
    expected = np.linalg.solve(matrix, (weight[..., None] * gap).reshape(size, 3)).reshape(gap.shape)
    np.testing.assert_allclose(screened_poisson(gap, weight), expected, atol=0.02)
