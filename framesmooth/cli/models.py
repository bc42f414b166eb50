"""``framesmooth models``: what can be loaded."""

import json
from typing import TYPE_CHECKING

import click

from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.cli.types import FILE_NAME

if TYPE_CHECKING:
    from framesmooth.models.catalog import ModelInfo


@click.command(cls=HeadedCommand)
@click.argument("folders", nargs=-1, metavar="[MODEL]...", type=FILE_NAME)
@headed_option("--json", "as_json", heading=EVERYDAY, is_flag=True, help="Print JSON.")
@headed_option(
    "--families",
    heading=EVERYDAY,
    is_flag=True,
    help="List the families of video models that are known, with their licences and memory.",
)
def models(folders: tuple[str, ...], as_json: bool, families: bool) -> None:
    """List the models that generate can load: the built-in one, and pipelines in the hub's local cache.

    MODEL adds folders in diffusers' format or hub ids; one that cannot be loaded is an error that says why.
    Nothing is loaded or downloaded.

    \b
    Examples:
      framesmooth models
      framesmooth models ~/models/my-pipeline --json
      framesmooth models --families
    """
    if families:
        _list_families(as_json)
        return
    from framesmooth.errors import ModelError, missing_packages
    from framesmooth.models.catalog import cached_models, describe
    from framesmooth.models.checkpoints import BUILT_IN, locate_model, shipped_baselines

    found = [describe(name, locate_model(name)) for name in (BUILT_IN, *shipped_baselines(), *folders)]
    for name, folder in cached_models():
        try:
            found.append(describe(name, folder))
        except ModelError as error:
            click.echo(f"warning: {error}", err=True)
    if missing := missing_packages():
        click.echo(f"warning: generating is not possible here: {', '.join(missing)} not installed", err=True)
    if as_json:
        click.echo(json.dumps([_as_dict(info) for info in found], indent=2, ensure_ascii=False))
        return
    for info in found:
        click.echo(_as_text(info))


def _list_families(as_json: bool) -> None:
    from framesmooth.models.video_families import VIDEO_FAMILIES

    known = list({family.title: family for family in VIDEO_FAMILIES.values()}.values())
    if as_json:
        facts = [family.as_dict() | {"license": family.license, "memory": family.memory} for family in known]
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    for family in known:
        weights = f"license {family.license}; GPU memory {family.memory}"
        click.echo(f"{family.title}\n  {family.words}\n  {weights}")


def _as_dict(info: "ModelInfo") -> dict[str, object]:
    return {
        "name": info.name,
        "pipeline": info.pipeline,
        "folder": str(info.folder),
        "size_bytes": info.size_bytes,
        "license": info.license,
        "about": info.about,
        "words": info.words,
        "defaults": info.defaults,
        "video": None if info.video is None else info.video.as_dict(),
    }


def _as_text(info: "ModelInfo") -> str:
    facts = [info.pipeline, f"{info.size_bytes / 1e6:.1f} MB", f"license {info.license}"]
    if info.words is not None:
        facts.append(f"knows {info.words} words")
    about = f"\n  {info.about}" if info.about else ""
    about += "" if info.video is None else f"\n  {info.video.words}"
    return f"{info.name}\n  {', '.join(facts)}{about}"
