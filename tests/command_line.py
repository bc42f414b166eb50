"""Calls of the command line in this process."""

from click.testing import CliRunner, Result

from framesmooth.cli.main import cli


def run(*arguments: object) -> Result:
    """Run ``framesmooth ARGUMENTS``; an error that no user should see is raised."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
