"""A few of a clip's frames, quickly: fewer steps, and smaller where the model was made for less."""

from dataclasses import replace

from framesmooth.generation.first_last_frame import FirstLastFrame
from framesmooth.generation.keyframes import auto_batch_size
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.workload import Source
from framesmooth.models.text_to_image import GeneratedFrame
from framesmooth.video.resize import crop


def shrunk(source: Source) -> Source:
    """Return ``source`` with smaller pictures, as far as its model draws them, from the same noise.

    The noise of the small picture is the large one's, pooled, so the layout stays. Pictures that a camera, a
    video, a control or a last picture has a say in keep their size.
    """
    if not isinstance(source, PromptTravel) or isinstance(source, FirstLastFrame):
        return source
    if source.path.control is not None:
        return source
    path, model = source.path, source.path.model
    sides = path.sampling.height, path.sampling.width
    factor = min(sides) // min(model.native_size)
    while factor > 1 and any(side % (factor * model.multiple) for side in sides):
        factor -= 1
    if factor < 2:
        return source
    height, width = (side // factor for side in sides)
    sampling = replace(
        path.sampling,
        height=height,
        width=width,
        pooled=factor,
        batch_size=auto_batch_size(model.latent_shape(height, width)),
    )
    size = source.size[0] // factor, source.size[1] // factor
    return replace(source, path=replace(path, sampling=sampling), size=size)


def keyframe(source: Source, time: int) -> GeneratedFrame:
    """Return a diffused frame, which must be in the store."""
    if isinstance(source, PromptTravel):
        return source.keyframe(time)
    picture = source.store[time]
    return replace(picture, frame=crop(picture.frame, source.size))
