"""A clip beside one cell for each word, which shows when and where the word acts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.reports.word_sheet import overlay

MOST_WORDS: Final = 5
_COLUMNS: Final = 3
_WIDTH: Final = 320


def strongest(words: Sequence[str], effects: NDArray[np.float32]) -> list[int]:
    """Return the indices of the words that a clip shows, in the order of the prompt.

    Args:
        words: of the prompts.
        effects: (words, times), 0 to 1.
    """
    order = np.argsort(-effects.max(axis=1), kind="stable")[:MOST_WORDS]
    return sorted(order.tolist())


def word_frames(
    frames: Iterable[Frame],
    words: Sequence[str],
    times: Sequence[int],
    heats: NDArray[np.float32],
    effects: NDArray[np.float32],
) -> Iterator[Frame]:
    """Yield the frames of the clip, each beside its words' maps.

    Args:
        frames: of the clip, uint8 (H, W, 3).
        words: one for each cell.
        times: frames that were looked at, ascending; between them maps are mixed.
        heats: (words, times, h, w), 0 to 1.
        effects: (words, times), 0 to 1.
    """
    for index, frame in enumerate(frames):
        at = float(np.interp(index, times, np.arange(len(times))))
        before = int(at)
        after, mix = min(before + 1, len(times) - 1), at - before
        heat = (1 - mix) * heats[:, before] + mix * heats[:, after]
        effect = (1 - mix) * effects[:, before] + mix * effects[:, after]
        shown = thumbnail(frame, _WIDTH)
        cells = [shown, *(overlay(shown, np.asarray(one, np.float32)) for one in heat)]
        texts = [("the clip", f"frame {index}")]
        texts += [(word, f"effect {one:.2f}") for word, one in zip(words, effect, strict=True)]
        yield side_by_side(captioned(cells, texts), _COLUMNS)
