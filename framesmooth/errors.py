"""The errors that a user of framesmooth can meet.

Every message is one line that says what is wrong, where, and how to mend it. The command line turns an
error into that line on stderr and into its ``exit_code``.
"""


class FramesmoothError(Exception):
    """Something failed that the user can understand; ``exit_code`` is what the command line ends with."""

    exit_code: int = 1


class UsageError(FramesmoothError):
    """An option, a schedule, a prompt or a file name that cannot be used as given (exit code 2)."""

    exit_code = 2


class OutputExists(UsageError):
    """The output is already there and ``--overwrite`` was not given (exit code 2)."""


class MediaError(FramesmoothError):
    """A picture, a video or a folder of frames that cannot be read or written (exit code 1)."""


class RunLocked(FramesmoothError):
    """A run that another process works on (exit code 1)."""


class RunChanged(UsageError):
    """A run whose settings, model or libraries are no longer those that it began with (exit code 2)."""


class ModelError(FramesmoothError):
    """A model that is missing, incomplete or unsafe to load (exit code 1)."""


class MetricUnavailable(FramesmoothError):
    """A metric that cannot be measured here: what it needs is missing (exit code 1)."""


class GateFailed(FramesmoothError):
    """A quality gate that the result did not pass (exit code 3)."""

    exit_code = 3
