"""The model card of ``storybook`` and its contact sheet."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from . import world

PROMPTS = (
    "a cat sitting on a beach",
    "sunset over the ocean",
    "an astronaut riding a horse on the moon",
    "a majestic lion stalks across the golden savanna at sunset",
    "a red sailboat on the sea at dawn, watercolor",
    "a lighthouse by the ocean in a storm, oil painting",
    "a white castle in the snow at night",
    "a windmill on green hills at noon",
    "a blue hot-air balloon floating over the desert at dawn",
    "pixel art of a rocket launching over a city at night",
    "a black steam train crossing the desert at sunset",
    "an ink drawing of a horse running across the savanna",
    "a house by a lake in the fog, watercolor painting",
    "a pink tree on rolling hills in the early morning light",
    "a yellow fish leaping over a lake at noon",
    "a purple mountain behind a lake at sunset, flat illustration",
    "an orange cat in the snow, pixel art",
    "a white horse on a beach at sunset, oil painting",
    "an astronaut standing on the moon, vector art",
    "a green house in the forest at noon, flat design",
    "a bird flying over the sea in the mist, ink drawing",
    "a red lighthouse on a beach under a clear blue sky",
    "a lion on the savanna at noon, pixel art",
    "a castle in the forest at dawn, watercolor",
    "a red balloon above a city skyline at sunset",
    "a sailboat on a lake by moonlight, oil painting",
    "the desert under a starry sky",
    "a city in a thunderstorm, pixel art",
    "a blue bird soaring over green hills, watercolor",
    "a black cat in a city street at night",
    "a rocket above the lunar surface, poster art",
    "an oil painting of a tree in the snow at sunset",
    "a dog sitting in a meadow at noon",
    "a deer in the forest at dawn, watercolor",
    "an owl in the woods at night, oil painting",
    "a blue butterfly over a green field, flat illustration",
    "a whale in the ocean at sunset",
    "a red dragon flying over a castle town at dusk, ink drawing",
    "a yellow car driving through the desert, poster art",
    "a pink flower by a lake in the morning, watercolor",
)
WIDE_PROMPTS = (
    "a white sailboat on the sea at sunset, oil painting",
    "a lion on the savanna at dawn, flat illustration",
    "a train crossing green hills at noon, watercolor",
    "a dragon over the snow at night, ink drawing",
)
WIDE_PROMPTS = (
    "a white sailboat on the sea at sunset, oil painting",
    "a lion on the savanna at dawn, flat illustration",
    "a train crossing green hills at noon, watercolor",
    "a castle in the snow at night, ink drawing",
)


def write_card(
    folder: Path, figures: dict[str, Any], pictures: NDArray[np.uint8], wide: NDArray[np.uint8]
) -> None:
    """Writes ``README.md`` and ``contact-sheet.jpg`` beside the weights."""
    rows = [np.hstack(list(pictures[k : k + 8])) for k in range(0, len(pictures), 8)]
    sheet = cv2.resize(np.vstack(rows), None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    sheet = np.vstack([sheet, np.hstack(list(wide))])
    cv2.imwrite(str(folder / "contact-sheet.jpg"), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    agreement = "\n".join(
        f"| {name} | {figures['agreement'][name]:.1%} | {figures['judge_validation'][name]:.1%} |"
        for name in figures["agreement"]
    )
    (folder / "README.md").write_text(
        CARD.format(
            steps=figures["steps"],
            scale=figures["guidance_scale"],
            pictures=figures["pictures"],
            psnr=figures["autoencoder_psnr"],
            agreement=agreement,
            places=", ".join(world.PLACES),
            lights=", ".join(world.LIGHTS),
            styles=", ".join(world.STYLES),
            subjects=", ".join(
                s if s != "rider" else "astronaut riding a horse" for s in world.SUBJECTS[:-1]
            ),
            colors=", ".join(world.COLORS),
            prompts="\n".join(f"{k + 1}. {prompt}" for k, prompt in enumerate(PROMPTS + WIDE_PROMPTS)),
            count=len(PROMPTS),
            hard=", ".join(f"{name} {share:.0%}" for name, share in _hardest(figures["by_subject"])),
        )
    )


def _hardest(by_subject: dict[str, float]) -> list[tuple[str, float]]:
    """The four subjects that were read back least often."""
    return sorted(by_subject.items(), key=lambda item: item[1])[:4]


CARD = """---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
---
# storybook

A small text-to-image latent diffusion model that ships with framesmooth, so that its first command works
offline and in seconds. It is an ordinary `StableDiffusionPipeline` folder, trained from nothing on pictures
that a procedural painter drew, with captions written from the same scenes. No photographs, no one's artwork.

![{count} prompts, and four in 16:9](contact-sheet.jpg)

## What it knows

A small world, and nothing else:

- places: {places}
- light and weather: {lights}
- subjects: {subjects}
- colours of the subject: {colors}
- styles: {styles}

One subject a picture. Words it was not taught are named in a warning. Trained at 256×256 and at 384×224
(384×216 is cropped from it) alike.

## How good it is

Made by `scripts/evaluate_storybook.py`: {pictures} pictures of combinations of place, light, subject and
colour that were held out of training, {steps} steps, guidance scale {scale},
with "pixel art" as the negative prompt of all that don't ask for it, which is framesmooth's default for this
model: without it outlines have steps.
A classifier trained on the painter's own renders reads the attributes back; the last column is its accuracy
on unseen renders, the most that could be reached.

| attribute | read back as asked | classifier on renders |
|---|---|---|
{agreement}

Hardest to recognise: {hard}.

Autoencoder: {psnr:.2f} dB PSNR on 128 unseen scenes.

## How it was made

`scripts/train_storybook.py`: an `AutoencoderTiny` (factor 8, 8 channels) on 96² crops, its decoder longer
than its encoder; a three-layer CLIP text encoder, taught to tell a caption's attributes and then frozen;
a three-level UNet that hears the text pooled in every block and attends to it on the lowest level, trained on
v-prediction with a cosine schedule, first on 128² pictures, then on full ones. What shows the subject counts
four times; animals are shown two to three times as often. At last trained 87 minutes further on one core, and
the weights averaged with those before (Wortsman et al. 2022). Muon and AdamW, bfloat16 autocast; two CPU
cores were enough.

## The prompts of the sheet

Seeds 1 to {count}, in rows of eight at 256×256; the last four, seeds 1 to 4, at 384×224:

{prompts}
"""
