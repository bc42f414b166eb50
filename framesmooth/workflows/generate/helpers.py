"""Worker processes that generate batches of a clip, beside this process or in its place.

This process takes batches, too, unless the others are actors of Ray on other machines, and whatever a worker
that has ended had in hand: a clip gets done as long as this process lives.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any, Final, TypeVar

from framesmooth.frames import GeneratedFrame
from framesmooth.generation.base import FrameGenerator, StepsDone
from framesmooth.generation.batch_executor import Drawn
from framesmooth.workflows.crew.base import Crew, Died, Ended, News, Ready, Told
from framesmooth.workflows.crew.outcome import Outcome
from framesmooth.workflows.generate.pieces import (
    STEPS,
    FramesPieces,
    PackedClip,
    Piece,
    drawn_from,
    frames_from,
    keyframes_piece,
)
from framesmooth.workflows.generate.rounds import Batch, Round

_TURN: Final = 0.2
"""Seconds between two looks at what has happened."""
_SLOW_START: Final = 120.0
"""Seconds after which workers that are not there are told of."""
_MOST_DEATHS: Final = 2
"""So often a worker ends before it is given up."""
_AHEAD: Final = 2
"""Batches of frames for each worker that may wait in memory for those before them."""

Made = TypeVar("Made")


class Helpers:
    """Workers that make batches of one clip: a ``BatchExecutor`` for its generator.

    Args:
        crew: workers that do ``pieces.do``.
        clip: what they work on.
        warn: is told, in the thread that waits for batches, of workers that are of no use.
        draws_here: whether this process makes batches beside them.
    """

    def __init__(
        self, crew: Crew[Piece], clip: PackedClip, warn: Callable[[str], None], *, draws_here: bool
    ) -> None:
        self._crew, self._clip, self._warn, self._draws_here = crew, clip, warn, draws_here
        self._changed = threading.Condition()
        self._round = Round()
        self._loaded: dict[int, Mapping[str, Any]] = {}
        self._loading: set[int] = set()
        self._idle: set[int] = set()
        self._working: dict[int, Batch] = {}
        self._there = set(range(len(crew)))
        self._deaths: Counter[int] = Counter()
        self._facts: Mapping[str, Any] | None = None
        self._told: list[str] = []
        self._error: BaseException | None = None
        self._closing = self._has_loaded = False
        self._thread = threading.Thread(target=self._dispatch, name="framesmooth-workers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the workers."""
        with self._changed:
            self._closing = True
        self._thread.join()
        self._crew.close()

    @property
    def had_trouble(self) -> bool:
        """Whether a worker ended, or was of no use: its log says more."""
        return bool(self._deaths) or len(self._there) < len(self._crew)

    def expect(self, facts: Mapping[str, Any]) -> None:
        """Take only workers whose model came to the same: "device", "dtype" and so on."""
        with self._changed:
            self._facts = dict(facts)

    def draw(
        self,
        batches: Sequence[Sequence[int]],
        here: Callable[[Sequence[int], StepsDone | None], Drawn],
        keep: Callable[[Drawn], None],
        on_step: StepsDone | None,
    ) -> Iterator[None]:
        """Make batches of keyframes; yield after each, in order, once it is kept."""

        def own(batch: Batch) -> Drawn:
            def step_done(steps: int) -> None:
                batch.told += steps
                self._look(on_step, batch)

            return here(batches[batch.index], step_done)

        asked = [partial(keyframes_piece, batch) for batch in batches]
        for _ in self._results(asked, own, drawn_from, keep, on_step, ahead=len(batches)):
            yield

    def render(self, generator: FrameGenerator, batches: Sequence[range]) -> Iterator[list[GeneratedFrame]]:
        """Yield the frames of batches, in order."""
        divided: Any = generator  # whose batches come here is one that divides
        pieces = FramesPieces(divided, batches)

        def own(batch: Batch) -> list[GeneratedFrame]:
            return generator.render(batches[batch.index])

        def taken(facts: Mapping[str, Any]) -> list[GeneratedFrame]:
            frames, crossfaded = frames_from(facts)
            generator.crossfaded.update(crossfaded)
            return frames

        asked = [partial(pieces.piece, batch) for batch in batches]
        ahead = _AHEAD * (len(self._crew) + 1)
        return self._results(asked, own, taken, _nothing, None, ahead=ahead)

    def _results(
        self,
        asked: Sequence[Callable[[], Mapping[str, Any]]],
        own: Callable[[Batch], Made],
        taken: Callable[[Mapping[str, Any]], Made],
        keep: Callable[[Made], None],
        on_step: StepsDone | None,
        *,
        ahead: int,
    ) -> Iterator[Made]:
        """Yield what is made of every batch, in order; whoever is free makes the next one."""
        this, done = Round(limit=ahead), dict[int, Made]()
        this.waiting.extend(Batch(this, index, what) for index, what in enumerate(asked))
        with self._changed:
            self._round = this
        try:
            for index in range(len(asked)):
                while index not in done:
                    for batch in self._look(on_step, take=True):
                        done[batch.index] = taken(batch.facts)
                        keep(done[batch.index])
                    mine = None if index in done else self._next_here()
                    if mine is not None:
                        done[mine.index] = own(mine)
                        keep(done[mine.index])
                yield done.pop(index)
                with self._changed:
                    this.limit = index + 1 + ahead
        finally:
            with self._changed:
                self._round = Round()

    def _next_here(self) -> Batch | None:
        """Return a batch for this process; None after a while in which there was none."""
        with self._changed:
            batch = self._round.next() if self._draws_here or not self._there else None
            if batch is None and not self._round.made:
                self._changed.wait(_TURN)
        return batch

    def _look(
        self, on_step: StepsDone | None, mine: Batch | None = None, *, take: bool = False
    ) -> list[Batch]:
        """Pass on what workers have told, in the thread that waits for their batches; return those made."""
        with self._changed:
            told, self._told = self._told, []
            underway = [*self._working.values(), *self._round.made, *([] if mine is None else [mine])]
            steps = sum(batch.new_steps() for batch in underway)
            made: list[Batch] = []
            if take:
                made, self._round.made = self._round.made, []
            error = self._error
        for message in told:
            self._warn(message)
        if on_step is not None and steps:
            on_step(steps)
        if error is not None:
            raise error
        return made

    def _dispatch(self) -> None:
        """Hand batches to workers, and hear what comes of them, until this is closed."""
        try:
            for worker in self._there:
                self._crew.start(worker)
            late = time.monotonic() + _SLOW_START
            while not self._closing:
                self._give()
                if not self._draws_here and time.monotonic() > late and not self._has_loaded:
                    late = inf
                    self._tell("no worker is there yet: is there room for one?")
                for news in self._crew.news(_TURN):
                    with self._changed:
                        self._hear(news)
                        self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _tell(self, message: str) -> None:
        with self._changed:
            self._told.append(message)

    def _give(self) -> None:
        """Hand the next batches to workers that are idle."""
        given = []
        with self._changed:
            self._compare()
            for worker in sorted(self._idle):
                batch = self._round.next()
                if batch is None:
                    break
                self._idle.discard(worker)
                self._working[worker] = batch
                given.append((worker, batch))
        for worker, batch in given:
            self._crew.give(worker, Piece(self._clip, batch.what()))

    def _compare(self) -> None:
        """Let go of workers whose model is not what it is here."""
        if self._facts is None:
            return
        for worker, loaded in list(self._loaded.items()):
            del self._loaded[worker]
            apart = [name for name, value in self._facts.items() if loaded.get(name) != value]
            if apart:
                shown = ", ".join(f"{name} {loaded.get(name)}, not {self._facts[name]}" for name in apart)
                self._let_go(worker, f"{shown}: its frames would be others")
            else:
                self._idle.add(worker)

    def _hear(self, news: News) -> None:
        worker = news.worker
        if worker not in self._there:
            return
        if isinstance(news, Ready):
            self._loading.add(worker)
            self._crew.give(worker, Piece(self._clip, {}).for_newcomer())
        elif isinstance(news, Told):
            batch = self._working.get(worker)
            if batch is not None and news.event.get("stage") == STEPS:
                batch.told = int(news.event["done"])
        elif isinstance(news, Ended):
            self._ended(worker, news.outcome)
        elif isinstance(news, Died):
            self._died(worker, news.how)

    def _ended(self, worker: int, outcome: Outcome) -> None:
        if outcome.kind != "done":
            self._let_go(worker, outcome.message)
        elif worker in self._loading:
            self._loading.discard(worker)
            self._loaded[worker], self._has_loaded = outcome.facts["loaded"], True
        else:
            batch = self._working.pop(worker)
            batch.facts, batch.told = outcome.facts, outcome.facts.get(STEPS, batch.told)
            batch.round.made.append(batch)
            self._idle.add(worker)

    def _died(self, worker: int, how: str) -> None:
        self._deaths[worker] += 1
        if self._deaths[worker] >= _MOST_DEATHS:
            self._let_go(worker, how)
            return
        self._told.append(f"{self._crew.name(worker)} {_was(how)}; another one takes its place")
        self._put_back(worker)
        self._crew.start(worker)

    def _let_go(self, worker: int, why: str) -> None:
        """Go on without a worker."""
        self._there.discard(worker)
        self._put_back(worker)
        left = len(self._there) + self._draws_here
        who = f"{left} work on" if left > 1 else "one process works on" if left else "this process works on"
        self._told.append(f"{self._crew.name(worker)} is of no use ({why}): {who}")

    def _put_back(self, worker: int) -> None:
        """Let what a worker had in hand wait again, before all others."""
        for workers in (self._idle, self._loading):
            workers.discard(worker)
        self._loaded.pop(worker, None)
        batch = self._working.pop(worker, None)
        if batch is not None:
            batch.round.waiting.appendleft(batch)


def _was(how: str) -> str:
    return f"was {how}" if how.startswith("killed") else how


def _nothing(_made: object) -> None:
    """Keep nothing."""
