"""The list of nodes."""

from comfy_api.latest import ComfyExtension, io

from .image_nodes import CompareImages, InterpolateImages, MeasureImages, SmoothImages
from .video_nodes import CompareVideos, InterpolateVideo, MeasureVideo, SmoothVideo


class FramesmoothExtension(ComfyExtension):
    """Four nodes for batches of images, and the same four for videos."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the nodes in the order of the menu."""
        return [
            SmoothImages,
            MeasureImages,
            CompareImages,
            InterpolateImages,
            SmoothVideo,
            MeasureVideo,
            CompareVideos,
            InterpolateVideo,
        ]
