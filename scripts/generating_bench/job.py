"""What every way of making a clip is asked for."""

from dataclasses import dataclass

PLACE, LIGHT, SUBJECT, COLOR, STYLE = range(5)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A clip that travels from one prompt to another.

    Attributes:
        name: of the clip.
        prompts: the first and the last.
        shows: what both say: place, subject, colour, style.
        lights: what each says of the light.
        negative: what is kept out, which is what the model asks for.
        num_frames, height, width, steps, guidance_scale: as usual.
        model: a name or folder that framesmooth knows.
        device: of torch.
    """

    name: str
    prompts: tuple[str, str]
    shows: tuple[str, str, str, str]
    lights: tuple[str, str]
    negative: str = "pixel art"
    num_frames: int = 96
    height: int = 256
    width: int = 256
    steps: int = 10
    guidance_scale: float = 3.0
    model: str = "storybook"
    device: str = "cpu"


JOURNEYS = (
    Job(
        name="sailboat",
        prompts=(
            "a red sailboat on the sea at dawn, watercolor",
            "a red sailboat on the sea at sunset, watercolor",
        ),
        shows=("sea", "sailboat", "red", "watercolor"),
        lights=("dawn", "sunset"),
    ),
    Job(
        name="castle",
        prompts=(
            "a white castle on green hills at noon, oil painting",
            "a white castle on green hills at night, oil painting",
        ),
        shows=("hills", "castle", "white", "oil"),
        lights=("noon", "night"),
    ),
    Job(
        name="cat",
        prompts=(
            "an orange cat on a beach at noon, flat illustration",
            "an orange cat on a beach at sunset, flat illustration",
        ),
        shows=("beach", "cat", "orange", "flat"),
        lights=("noon", "sunset"),
    ),
)
