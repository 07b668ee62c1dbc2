"""`python -m resnet_viz`: train, explain, data, models, runs.

Exit codes: 0 done, 1 it failed, 2 a bad option, 130 Ctrl-C.
"""

import logging
import sys

import click

from resnet_viz import __version__
from resnet_viz.cli.data import data
from resnet_viz.cli.explain import explain
from resnet_viz.cli.models import models
from resnet_viz.cli.runs import runs
from resnet_viz.cli.train import train
from resnet_viz.config import ConfigError
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.places import DataUnavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Plain and residual networks, trained and measured on this machine."""


for command in (train, explain, data, models, runs):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; an error is one line on stderr. Gives the exit code."""
    logging.basicConfig(level=logging.CRITICAL)  # what went wrong is said in one line
    try:
        code = cli.main(arguments, prog_name="python -m resnet_viz", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except ConfigError as error:
        return _fail(str(error), 2)
    except (DataUnavailable, NoSuchRun, StoreError) as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, click.Abort):
        return 130


def _fail(sentence: str, code: int) -> int:
    click.echo(f"error: {' '.join(sentence.split())}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
