"""Parts of the jobs: every job is in one of them, and the environment names the part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.workflows.batch.sharding import Shard, find_shard, parse_shard


@given(st.integers(0, 200), st.integers(1, 40))
def test_parts_are_a_partition_of_even_sizes(jobs: int, count: int) -> None:
    parts = [Shard(number, count).of(range(jobs)) for number in range(1, count + 1)]
    assert [job for part in parts for job in part] == list(range(jobs))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("text", "environment", "part"),
    [
        (None, {}, (1, 1)),
        ("2/8", {"RANK": "5", "WORLD_SIZE": "8"}, (2, 8)),
        (None, {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4"}, (4, 4)),
        (
            None,
            {
                "SLURM_ARRAY_TASK_ID": "14",
                "SLURM_ARRAY_TASK_MIN": "10",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "4",
            },
            (3, 4),
        ),
        (None, {"RANK": "0", "WORLD_SIZE": "2"}, (1, 2)),
        ("/6", {"JOB_COMPLETION_INDEX": "5"}, (6, 6)),
    ],
)
def test_the_part_is_given_or_in_the_environment(
    text: str | None, environment: dict[str, str], part: tuple[int, int]
) -> None:
    found = find_shard(None if text is None else parse_shard(text), environment)
    assert (found.number, found.count) == part


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("/6", {}, "finds no index in the environment"),
        ("/2", {"RANK": "5", "WORLD_SIZE": "8"}, "part 6 of 2"),
        (None, {"JOB_COMPLETION_INDEX": "1"}, "give --shard /N"),
    ],
)
def test_a_part_that_is_not_known_is_refused(
    text: str | None, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_shard(None if text is None else parse_shard(text), environment)


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write 2/8"):
        parse_shard(text)
