"""The options of ``generate`` that say how a picture is denoised."""

import click

from framesmooth.cli.options.common import Command
from framesmooth.limits import MAX_STEPS
from framesmooth.models.scheduler_spec import PRESETS, SCHEDULERS
from framesmooth.workflows.generate.settings import ClipSettings

_OPTIONS = [
    click.option(
        "--num-inference-steps",
        "--steps",
        "steps",
        type=click.IntRange(1, MAX_STEPS),
        help="Denoising steps of a diffused frame.  [default: the model's own, or 10]",
    ),
    click.option(
        "--guidance-scale",
        "--cfg-scale",
        "guidance_scale",
        type=click.FloatRange(min=0),
        help="How strictly the prompt is followed.  [default: the model's own, or 7.5]",
    ),
    click.option(
        "--guidance-end",
        type=click.FloatRange(0, 1, min_open=True),
        help="Share of the steps that are guided; the rest take half the time.  "
        "[default: the model's own, or 1]",
    ),
    click.option(
        "--true-cfg-scale",
        type=click.FloatRange(min=0),
        default=ClipSettings.true_cfg_scale,
        show_default=True,
        help="Guidance against the negative prompt for models whose guidance is an input, such as Flux; "
        "1 is off and takes half the time.",
    ),
    click.option(
        "--cross-frame-attention",
        is_flag=True,
        help="Let every diffused frame attend to the first one, so that what is in both takes the same form; "
        "for models with a UNet.",
    ),
    click.option(
        "--negative-prompt",
        metavar="TEXT",
        help="What to keep out of every picture; --neg inside a prompt adds to it.  "
        "[default: the model's own]",
    ),
    click.option(
        "--scheduler",
        metavar="NAME",
        help=f"One of {', '.join(SCHEDULERS)}, or a class of diffusers.  [default: the model's own]",
    ),
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        help="Steps, guidance and scheduler for models, or LoRAs, that need four steps; options of your own "
        "go before.",
    ),
]


def sampling(command: Command) -> Command:
    """Add the options of steps, guidance and scheduler."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
