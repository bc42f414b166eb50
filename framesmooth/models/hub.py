"""Models from the Hugging Face hub: its local cache, and downloads where those are allowed."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from framesmooth.errors import ModelError, require_packages

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def looks_like_hub_id(model: str) -> bool:
    """Tell whether ``model`` is written as owner/name."""
    return _HUB_ID.fullmatch(model) is not None and not model.startswith((".", "~"))


def from_hub(
    model: str,
    allow_download: bool,
    wanted: Callable[[Callable[[str], Path]], Sequence[str]],
    option: str = "--model",
) -> Path:
    """Return the folder of a hub id in the local cache.

    Args:
        model: "owner/name".
        allow_download: whether the hub may be asked.
        wanted: returns patterns of the files to fetch; it is given a function that fetches one file.
        option: where the user wrote the id.

    Raises:
        ModelError: when it is neither cached nor allowed to be downloaded, or the download fails.
    """
    if not allow_download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    require_packages(f"{model}, which is no folder here,", ["huggingface_hub"])
    from huggingface_hub import hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )

    try:
        if allow_download:
            patterns = wanted(lambda name: Path(hf_hub_download(model, name)))
            snapshot_download(model, allow_patterns=list(patterns))
        return Path(snapshot_download(model, local_files_only=True))
    except LocalEntryNotFoundError as error:
        advice = "is the network there?" if allow_download else "--allow-download fetches it"
        raise ModelError(
            f"{model} is neither a folder here nor in the hub's local cache: {advice}"
        ) from error
    except OfflineModeIsEnabled as error:
        raise ModelError(f"{model} cannot be downloaded while HF_HUB_OFFLINE is set: unset it") from error
    except HFValidationError as error:
        raise ModelError(
            f"{model} is neither a folder here nor an id that the hub can have: check {option}"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{model} could not be downloaded from the hub: {reason}") from error
