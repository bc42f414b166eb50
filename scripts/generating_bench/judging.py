"""What the frames of a clip are worth: steady, detailed, and what the prompt says."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from storybook.classifier import TABLES, read, shrink

from framesmooth.frames import as_float
from framesmooth.interpolation.detail_matching import detail_energy
from framesmooth.metrics.measure import measure
from framesmooth.training.reader import Reader
from generating_bench.job import COLOR, LIGHT, PLACE, STYLE, SUBJECT, Job
from generating_bench.modes import Frames

METRICS = ("warping_error", "luma_flicker", "sharpness_pumping")


def judged(frames: Frames, job: Job, reader: Reader | None) -> dict[str, float | None]:
    """Return the metrics of a clip, its detail (energy above σ 1.5, in levels²) and its agreement."""
    report = measure(list(frames), metrics=METRICS, fps=Fraction(12))
    found: dict[str, float | None] = {name: report[name].mean for name in METRICS}
    found["detail"] = float(np.mean([detail_energy(as_float(frame)) for frame in frames])) * 255**2
    found["agreement"] = None if reader is None else agreement(frames, job, reader)
    return found


def agreement(frames: Frames, job: Job, reader: Reader) -> float:
    """Return the share of attributes read back as asked; of the light at the first and last quarter only."""
    seen = read(reader, np.stack([shrink(frame) for frame in frames]), torch.device("cpu"))
    tables = list(TABLES.values())
    shown = [
        seen[:, attribute] == tables[attribute].index(value)
        for attribute, value in zip((PLACE, SUBJECT, COLOR, STYLE), job.shows, strict=True)
    ]
    quarter = len(frames) // 4
    ends = seen[:quarter, LIGHT], seen[len(frames) - quarter :, LIGHT]
    light = [part == tables[LIGHT].index(value) for part, value in zip(ends, job.lights, strict=True)]
    return float(np.mean([np.mean(one) for one in (*shown, np.concatenate(light))]))


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, None where a value is missing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) and known else None
