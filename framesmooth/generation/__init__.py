"""Diffusion: from prompts in time to frames. The only floor that imports torch and diffusers.

- ``models``: where a model lies on this machine, whether it is complete and safe to load (no torch).
- ``listing``: what is known about models without loading them (no torch).
- ``vocabulary``: which words of a prompt a small model doesn't know (no torch).
- ``adapter``: one text-to-image pipeline of diffusers as four verbs: encode, noise, denoise, decode.
- ``family``, ``families``: what sets the classes of pipelines apart, and what doesn't.
- ``additions``: LoRAs and learned words, checked (no torch); ``adding`` puts them in.
- ``hub``: models from the hub's cache, and from its network where asked (no torch).
- ``control``: ControlNets, checked; ``control_pictures``: what they see (no torch); ``controlnet``: them.
- ``image_prompt``: pictures as prompts, checked (no torch); ``ip_adapter`` embeds them.
- ``presets``: names of schedulers, settings of few-step models (no torch); ``schedulers`` makes them.
- ``prompt_weights``: weights of words as they are written (no torch); ``weighting`` applies them.
- ``hooks``: what is done to a network's inputs and outputs on their way.
- ``tiling``: coding pictures tile by tile, without seams.
- ``latents``, ``embeddings``: noise per seed and its path; prompt embeddings and theirs.
- ``keyframes``: which frames are diffused whole, in batches.
- ``bisection``: keyframes where the picture changes; ``keys``: what is around each other frame.
- ``pace``: frames equally far apart; ``walk``: which frames are diffused, and where the others lie.
- ``inbetweens``: the frames between them.
- ``feedback``: frames drawn from the ones before as a camera moves; ``plan``: what is asked of it (no torch).
- ``video_to_video``: frames drawn over those of a video; ``plan_video``: what is asked of it (no torch).
- ``ends``: from a picture to a picture; ``plan_ends``: what is asked of it (no torch).
- ``attention``: frames that attend to one that they share; ``apart``: a batch picture by picture.
- ``depth``: how far away what a picture shows is; ``plan_depth``: models for that (no torch).
- ``drawing``: pictures, from noise or over another; ``anchoring``: the colours that it should have.
- ``noise``: noise that moves along; ``pictures``: pictures into latents.
- ``mixing``: frames between two pictures, from their pixels.
- ``probing``: what a step costs, measured; ``workload``: how many of them there are to do.
- ``storyboard``: a few frames of a source, quickly.
- ``source``: all of it as a FrameSource over a timeline.
"""

from typing import Final

INBETWEENS: Final = ("latent", "flow", "crossfade")
"""How the frames between two diffused ones come about."""

DEFAULT_STRENGTH: Final = "0.5"
"""Share of the steps that draw a frame anew from the one before, where the camera moves."""

DEFAULT_VIDEO_STRENGTH: Final = "0.6"
"""Share of the steps that draw a frame anew from that of a video."""

DEFAULT_ENDS_STRENGTH: Final = "0.6"
"""Share of the steps that draw a frame between two pictures anew from these."""

DEFAULT_NOISE_RENEWAL: Final = 1.0
"""Share of the noise that is new for each frame drawn from the one before."""

DEFAULT_COLOR_ANCHOR: Final = 0.3
"""How far the colours of such frames are drawn to those of the first one."""
