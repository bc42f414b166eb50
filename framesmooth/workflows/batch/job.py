"""A job: one verb with its settings, as plain values that travel to a worker."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth.runs.folder import SUFFIX

STATE_FOLDER: Final = ".batch"
"""In the folder of the results: a record for each job, locks, logs of the workers."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One clip to make, or to measure.

    Attributes:
        name: of the job and, with the suffix, of its result.
        verb: a name in ``verbs.VERBS``.
        subject: what the verb works on: prompts, or the path of a clip or a story.
        values: settings by key, each a text, or a list of texts.
        output: the result.
        key: SHA-256 (hex) of everything that decides the result, besides the content of ``inputs``.
        model: jobs of equal text share a loaded model; "" for those that load none.
        inputs: files whose content decides the result.
        place: file and line that ask for it.
        notes: what the user should know before it runs.
        owns_output: whether what lies at ``output`` may be replaced.
    """

    name: str
    verb: str
    subject: tuple[str, ...]
    values: Mapping[str, Any]
    output: Path
    place: str
    key: str = ""
    model: str = ""
    inputs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    owns_output: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.output.parent

    @property
    def run_folder(self) -> Path:
        """Where the run folder of the result is, if its verb makes one."""
        return self.output.with_name(self.output.stem + SUFFIX)

    def but(self, **changed: Any) -> "Job":
        """Return the job with some of its values changed."""
        return replace(self, **changed)

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as ``job_of`` reads them."""
        return asdict(self) | {"output": str(self.output), "inputs": [str(path) for path in self.inputs]}


def job_of(plain: Mapping[str, Any]) -> Job:
    """Return the job that ``as_dict`` made plain."""
    made = {name: tuple(plain[name]) for name in ("subject", "notes")}
    paths = {"output": Path(plain["output"]), "inputs": tuple(map(Path, plain["inputs"]))}
    return Job(**{**plain, **made, **paths})
