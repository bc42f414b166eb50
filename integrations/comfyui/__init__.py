"""framesmooth in ComfyUI: nodes that smooth, measure, compare and interpolate frames and videos.

Made for the V3 interface of nodes, ``comfy_api.latest``. Nothing is imported before ComfyUI asks for the
nodes, so that a missing package is one line in its log.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .extension import FramesmoothExtension


async def comfy_entrypoint() -> "FramesmoothExtension":
    """Return the nodes; ComfyUI calls this when it starts.

    Raises:
        ImportError: something that the nodes need is missing; the message is one line that says what.
    """
    from .installed import check_installed

    check_installed()
    from .extension import FramesmoothExtension

    return FramesmoothExtension()
