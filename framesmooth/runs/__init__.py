"""The run folder: everything about one clip, beside it.

``clip.mp4`` has ``clip.framesmooth/``::

    record.json     settings raw and resolved, keyframes, seeds, model hashes, versions, timings, metrics
    keyframes/      latents of the diffused frames, or images where each is drawn from the one before
    frames/         every frame, lossless, before smoothing
    smoothed/KEY/   every frame, lossless, after smoothing, for all settings with which it was smoothed
    interpolated/KEY/  enlarged/KEY/    likewise after each of these stages, where a clip has it
    metrics.json  metrics.csv  report.html  strip.png
    lock            held by the one process that works here; a killed one leaves the file but no lock

A stage's folder holds ``stage.json`` with the hash of everything that decides its content, and
``checksums.sha256`` with the hash of every file, as ``sha256sum -c`` reads it. The same settings mean that
what is there can be used, be it whole or the part that an interrupted run got to; a file that doesn't fit its
checksum is made again. No absolute path is written, so a folder can be moved.
"""

from framesmooth.runs.checksums import Checksums, content_of
from framesmooth.runs.diff import differences
from framesmooth.runs.folder import RECORD_FILE, SUFFIX, RunFolder
from framesmooth.runs.json_files import content_key, read_json, write_json
from framesmooth.runs.record import RECORD_VERSION, check_record
from framesmooth.runs.stages import (
    FrameFolder,
    KeyframeImageFolder,
    LatentFolder,
    Stage,
)
from framesmooth.runs.versions import package_versions

__all__ = [
    "RECORD_FILE",
    "RECORD_VERSION",
    "SUFFIX",
    "Checksums",
    "FrameFolder",
    "KeyframeImageFolder",
    "LatentFolder",
    "RunFolder",
    "Stage",
    "check_record",
    "content_key",
    "content_of",
    "differences",
    "package_versions",
    "read_json",
    "write_json",
]
