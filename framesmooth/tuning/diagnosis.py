"""Which kinds of flicker a clip has: where, when and how strongly, and the command that helps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np

from framesmooth.events import listed
from framesmooth.metrics.benefit import CLEAN_LUMA
from framesmooth.metrics.report import Report
from framesmooth.tuning.jitter import jitter_evidence
from framesmooth.tuning.light_meter import CELLS, LightMeter, Numbers
from framesmooth.tuning.light_series import (
    Bends,
    bends_of,
    breathing,
    flashes,
    key_frames,
    median_size,
)

Kind = Literal["flash", "global", "breathing", "bands", "local", "codec", "wobble", "dust", "texture", "held"]

LEAST_LOCAL: Final = 1.0
"""Levels of flicker in single places that can be seen."""
_BANDED: Final = 1.8
"""Bands differ so many times as much from row to row as from column to column."""
_LEAST_SPECKS, _WITH_SPECKS = 3.0, 0.6
"""Specks a frame, and share of the frames that have some."""
_HELD: Final = 0.2
LEAST_BOIL: Final = 3.0
"""Levels of fine structure that changes; film grain has less."""
# Below this mean luma noise shows more: in proportion fewer levels are enough, down to this share.
_DARK_LUMA, _LEAST_DARK = 80.0, 0.4
_CODEC_LEVELS: Final = 3.0
"""A level of fine structure all over the picture at once disturbs as much as so many of light."""
_OFTEN: Final = 0.15
"""Share of the frames that jump in a clip whose light flickers, rather than changes once."""
_STANDS_OUT: Final = 2.0

SMOOTH, EVEN = (
    "framesmooth smooth {clip} -o steady.mp4",
    "framesmooth smooth {clip} -o steady.mp4 --smoother deflicker",
)
PUMPING: Final = "framesmooth smooth {clip} -o steady.mp4 --smoother pumping"
DUST: Final = "framesmooth smooth {clip} -o clean.mp4 --smoother dust"
BREATHING: Final = "framesmooth smooth {clip} -o steady.mp4 --smoother breathing"
BANDING: Final = "framesmooth smooth {clip} -o steady.mp4 --smoother banding"
MEASURE: Final = "framesmooth measure {clip}"
MOVE: Final = "framesmooth interpolate {clip} -o even.mp4 --drop-repeats on"


@dataclass(frozen=True)
class Finding:
    """One kind of flicker in a clip.

    Attributes:
        strength: how strong it is, in ``unit``.
        frames: where it stands out, by index, the strongest first; none where it is everywhere.
        where: the part of the picture; "" for all of it.
        period: of what recurs, in frames.
        sentence: says all that.
        command: helps; "{clip}" stands for the clip.
    """

    kind: Kind
    strength: float
    unit: str
    sentence: str
    command: str
    frames: tuple[int, ...] = ()
    where: str = ""
    period: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "kind": self.kind,
            "strength": round(self.strength, 4),
            "unit": self.unit,
            "frames": list(self.frames),
            "where": self.where,
            "period": self.period,
            "sentence": self.sentence,
            "command": self.command,
        }


def findings_of(meter: LightMeter, report: Report, fps: Fraction | None) -> list[Finding]:
    """Return the kinds of flicker that a clip has, the most disturbing first.

    Args:
        meter: has watched the clip.
        report: its metrics, flicker_score among them.
        fps: frames per second, to say when; None where that is unknown.
    """
    bends = bends_of(meter)
    detectors: tuple[Callable[[LightMeter, Report, Bends], Finding | None], ...] = (
        _flash,
        _bands,
        _global,
        _breathing,
        _codec,
        _local,
        _dust,
        _wobble,
        _texture,
        _held,
    )
    found = [finding for detect in detectors if (finding := detect(meter, report, bends)) is not None]
    found = [each for each in found if each.kind not in _explained(found)]
    return sorted(found, key=lambda each: (each.kind != "flash", each.kind == "held", -_levels(each)))


def _explained(found: Sequence[Finding]) -> set[str]:
    """Return the kinds that another one makes up: flicker moves outlines about, and specks are fine."""
    sizes = {each.kind: _levels(each) for each in found if each.kind != "held"}
    strongest = max((size for kind, size in sizes.items() if kind != "wobble"), default=0.0)
    explained = {"wobble"} if sizes.get("wobble", 0.0) < strongest / 2 else set()
    if "flash" in sizes:
        explained |= {"codec"}
    if "dust" in sizes:
        explained |= {"texture"} | ({"local"} if sizes.get("local", 0.0) < sizes["dust"] else set())
    return explained


def _levels(finding: Finding) -> float:
    """Return how strong a kind of flicker is beside others."""
    return (_CODEC_LEVELS if finding.kind == "codec" else 1.0) * finding.strength


def _flash(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    odd = {index: 255.0 for index, shown in report.odd.items() if shown in ("white", "black")}
    known = odd | flashes(meter)
    if not known:
        return None
    many = len(known) >= 3
    what = "a strobe, or lightning that recurs" if many else "lightning, a flash, or a frame that fell out"
    frames = tuple(sorted(known, key=lambda index: -abs(known[index])))
    strength = float(max(map(abs, known.values())))
    sentence = (
        f"Flashes: {len(known)} frames are up to {strength:.0f} levels lighter or darker than those around "
        f"them (frame {listed(known)}): {what}. Light that recurs or lasts is left as it is; check "
        "that it is safe to look at."
    )
    return Finding("flash", strength, "levels", sentence, MEASURE, frames)


def _global(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    often = np.mean(np.nan_to_num(bends.whole) > CLEAN_LUMA)
    if bends.whole_size < CLEAN_LUMA or often < _OFTEN:
        return None
    frames = _peaks(bends.whole, meter)
    sentence = (
        f"Global flicker: the brightness of the whole frame jumps by {bends.whole_size:.1f} levels"
        f"{_when(frames)}. Evening out the exposure helps."
    )
    return Finding("global", bends.whole_size, "levels", sentence, EVEN, frames)


def _breathing(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    found = breathing(meter)
    if found is None:
        return None
    size, period = found
    sentence = (
        f"Breathing: the brightness of the whole frame swells and fades by {size:.1f} levels, about every "
        f"{period:.0f} frames, as an automatic exposure that hunts does."
    )
    return Finding("breathing", size, "levels", sentence, BREATHING, period=round(period, 1))


def _bands(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    rows, columns = bends.rows_size, bends.columns_size
    if rows < CLEAN_LUMA or rows < _BANDED * columns:
        return None
    sentence = (
        f"Bands: rows of the picture are lighter and darker by {rows:.1f} levels and change from frame to "
        "frame, as under lamps on mains power (50 or 60 Hz) that don't fit the shutter."
    )
    return Finding("bands", rows, "levels", sentence, BANDING, where="rows")


def _local(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    if bends.cells_size < LEAST_LOCAL or (bends.rows_size > _BANDED * bends.columns_size):
        return None
    where = _place(bends.by_cell)
    frames = _peaks(bends.local, meter)
    sentence = (
        f"Local flicker: single places become lighter and darker by {bends.cells_size:.1f} levels"
        f"{f', most of all {where}' if where else ''}{_when(frames)}."
    )
    return Finding("local", bends.cells_size, "levels", sentence, SMOOTH, frames, where)


def _codec(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    found = key_frames(meter)
    if found is None:
        return None
    size, period, first = found
    frames = tuple(meter.indices[first::period])
    sentence = (
        f"Pumping: every {period} frames (frame {listed(frames)}) the fine structure jumps by {size:.1f} "
        "levels, as at the key frames of a codec at a low rate, or of interpolated frames."
    )
    return Finding("codec", size, "levels", sentence, PUMPING, frames, period=float(period))


def _dust(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    known = [
        (count, index) for count, index in zip(meter.specks, meter.indices, strict=True) if count is not None
    ]
    counts = [count for count, _ in known]
    if not counts or np.mean(counts) < _LEAST_SPECKS or np.mean([c > 0 for c in counts]) < _WITH_SPECKS:
        return None
    frames = tuple(index for _, index in sorted(known, key=lambda each: -each[0])[:8])
    mean = float(np.mean(counts))
    sentence = (
        f"Dust: about {mean:.0f} specks a frame that neither frame beside shows, as dust and dirt on film."
    )
    return Finding("dust", mean, "specks a frame", sentence, DUST, frames)


def _wobble(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    if len(meter.kept) < 6:
        return None
    found = jitter_evidence([meter.kept])
    if not found.is_seen:
        return None
    sentence = (
        f"Wobble: outlines jitter from frame to frame, which changes colours by {found.size:.1f} levels, as "
        "film that weaves in its gate, or generated frames."
    )
    return Finding("wobble", found.size, "levels", sentence, SMOOTH)


def _held(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    share = len(report.held) / max(report.num_frames, 1)
    if share < _HELD:
        return None
    lengths = np.diff([*meter.indices, report.num_frames])
    usual = int(np.median(lengths))
    drawn = {2: "on twos", 3: "on threes"}.get(usual)
    how = (
        f"the pictures are drawn {drawn}"
        if drawn and np.mean(lengths == usual) > 0.7
        else "pictures are held"
    )
    sentence = f"Held frames: {share:.0%} of the frames repeat the one before: {how}. That is no flicker."
    period = float(report.num_frames / max(len(meter.indices), 1))
    return Finding("held", share, "share", sentence, MOVE, period=round(period, 2))


def _texture(meter: LightMeter, report: Report, bends: Bends) -> Finding | None:
    known = [size for size in meter.boil if size is not None]
    size = float(np.median(known)) if known else 0.0
    luma = float(np.mean(meter.luma)) if meter.luma else 0.0
    if size < LEAST_BOIL * np.clip(luma / _DARK_LUMA, _LEAST_DARK, 1):
        return None
    what = "Boiling texture or noise" if size >= LEAST_BOIL else "Noise in the dark"
    sentence = (
        f"{what}: fine structure changes by {size:.1f} levels from frame to frame, more than film grain does."
    )
    return Finding("texture", size, "levels", sentence, SMOOTH)


def _peaks(sizes: Numbers, meter: LightMeter) -> tuple[int, ...]:
    """Return the frames that stand out, the strongest first."""
    usual = median_size(sizes)
    found = [
        at for at in np.argsort(-np.nan_to_num(sizes)) if sizes[at] > _STANDS_OUT * max(usual, CLEAN_LUMA)
    ]
    return tuple(meter.indices[int(at)] for at in found[:8])


def _when(frames: Sequence[int]) -> str:
    return f", most of all at frame {listed(frames)}" if frames else ""


def _place(by_cell: Numbers) -> str:
    """Return the third of the picture where cells stand out; "" where they are everywhere."""
    if not np.isfinite(by_cell).any() or np.nanmax(by_cell) < _STANDS_OUT * np.nanmedian(by_cell):
        return ""
    row, column = np.unravel_index(int(np.nanargmax(by_cell)), by_cell.shape)
    vertical = ("at the top", "in the middle", "at the bottom")[min(3 * int(row) // CELLS, 2)]
    side = ("left", "", "right")[min(3 * int(column) // CELLS, 2)]
    return f"{vertical} {side}".strip()
