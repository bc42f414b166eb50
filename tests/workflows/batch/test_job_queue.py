"""Jobs are given out so that models are loaded least often."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from framesmooth.workflows.batch.job_queue import JobQueue
from tests.workflows.batch.scripted import job_named

MODELS = st.lists(st.sampled_from("xyz"), min_size=1, max_size=30)


def jobs(models: list[str]) -> list:
    return [job_named(str(index), Path(), model=model) for index, model in enumerate(models)]


@given(MODELS, st.integers(1, 4))
def test_each_job_once_and_few_loads(models: list[str], workers: int) -> None:
    queue, loaded = JobQueue(jobs(models)), dict[int, str]()
    names: list[str] = []
    loads = turn = 0
    while queue:
        worker = turn % workers
        others = [model for other, model in loaded.items() if other != worker]
        job = queue.take(loaded.get(worker), others)
        if job.model != loaded.get(worker):
            loads += 1
            waiting = {model for index, model in enumerate(models) if str(index) not in names}
            assert loaded.get(worker) not in waiting, "another model was loaded before its own was done with"
        loaded[worker] = job.model
        names.append(job.name)
        turn += 1
    assert sorted(names, key=int) == [str(index) for index in range(len(models))]
    assert loads == len(set(models)) if workers == 1 else loads <= len(set(models)) * workers


def test_a_job_may_go_before_all_others_of_its_model() -> None:
    queue = JobQueue(jobs(["x", "x"]))
    queue.add(job_named("now", Path(), model="x"), first=True)
    assert queue.take("x", ()).name == "now"
