"""Distances between sets of images by their features, diversity, and the area under a curve."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import rankdata

Features = NDArray[np.float64]


def frechet_distance(one: Features, other: Features) -> float:
    """Return the Fréchet distance of two sets as Gaussians (Heusel et al. 2017, "FID").

    |μ1 - μ2|² + Tr(C1 + C2 - 2 (C1 C2)^½); the last trace is the nuclear norm of X1 X2ᵀ for the centred sets
    over √(n - 1), which needs no root of a singular matrix. It is biased upwards for few pictures.

    Args:
        one: (n, d), n at least 2.
        other: (m, d), m at least 2.
    """
    means = one.mean(axis=0), other.mean(axis=0)
    first, second = (
        (part - mean) / np.sqrt(len(part) - 1) for part, mean in zip((one, other), means, strict=True)
    )
    root = float(np.linalg.svd(first @ second.T, compute_uv=False).sum())
    traces = float(np.square(first).sum() + np.square(second).sum())
    return max(float(np.square(means[0] - means[1]).sum()) + traces - 2 * root, 0.0)


def kernel_distance(one: Features, other: Features) -> float:
    """Return the squared maximum mean discrepancy with the kernel (x·y / d + 1)³, unbiased ("KID").

    Bińkowski et al. 2018. It is 0 on average for two sets of one kind, however few they are, and may be
    negative.
    """

    def kernel(a: Features, b: Features) -> Features:
        return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)

    def within(a: Features) -> float:
        values = kernel(a, a)
        return float((values.sum() - np.trace(values)) / (len(a) * (len(a) - 1)))

    return within(one) + within(other) - 2 * float(kernel(one, other).mean())


def diversity(features: Features, like: Features) -> float:
    """Return the mean distance of pairs in a set over that in another: 1 is as diverse, 0 all the same."""
    scale = like.std(axis=0)
    known = scale > 1e-9
    own, other = (float(pdist(part[:, known] / scale[known]).mean()) for part in (features, like))
    return own / max(other, 1e-12)


def area_under_curve(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Return how often a score is higher where something is present than where not (AUC): 0.5 is chance.

    nan where it is present everywhere or nowhere.
    """
    count = int(present.sum())
    if count in (0, len(present)):
        return float("nan")
    ranks = rankdata(scores)[present].sum() - count * (count + 1) / 2
    return float(ranks / (count * (len(present) - count)))
