"""The command `scorecam`: its subcommands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn

import click

from scorecam_cli import __version__, own_process
from scorecam_cli.cli.compare import compare
from scorecam_cli.cli.console import say_error
from scorecam_cli.cli.evaluate import evaluate
from scorecam_cli.cli.explain import explain
from scorecam_cli.cli.memory import shortage
from scorecam_cli.cli.methods import methods
from scorecam_cli.cli.models import models
from scorecam_cli.cli.predict import predict
from scorecam_cli.cli.report import report
from scorecam_cli.cli.shells import completion
from scorecam_cli.cli.status import status
from scorecam_cli.cli.streams import ReaderGoneError, standard_streams
from scorecam_cli.cli.values import OWN_PROCESS
from scorecam_cli.errors import ModelError, PhotoError, ScorecamError

EXIT_PHOTO_FAILED = 1
EXIT_USAGE = 2
EXIT_MODEL = 3
EXIT_INTERRUPTED = 130  # 128 + SIGINT
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE
EXIT_TERMINATED = 143  # 128 + SIGTERM


class Terminated(BaseException):
    """SIGTERM arrived; raised in the main thread so that files being written are cleaned up."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", prog_name="scorecam")
def cli() -> None:
    """See which parts of a photo made a Keras image classifier choose a class.

    \b
    scorecam explain dog.jpg --class 242            a heatmap and an overlay next to the photo
    scorecam explain photos/ --model EfficientNetLite0
    scorecam predict dog.jpg                        the most probable classes
    scorecam compare dog.jpg                        Score-CAM beside other methods, with numbers
    scorecam evaluate photos/                       how faithful their maps are, over a set
    scorecam report maps/                           one page to look at and to send
    scorecam status maps/ photos/                   how far a run is
    scorecam models                                 the models that can be named
    scorecam methods                                the methods that can be named

    Exit codes: 0 all done, 1 at least one photo failed or standard output could not be written, and the rest is done,
    2 usage or nothing matched, 3 the model could not be loaded, 130 interrupted, 141 the reader of standard output
    went away, 143 terminated.
    """


cli.add_command(explain)
cli.add_command(predict)
cli.add_command(report)
cli.add_command(compare)
cli.add_command(evaluate)
cli.add_command(status)
cli.add_command(models)
cli.add_command(methods)
cli.add_command(completion)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code.

    Args:
        arguments: None: those of the process, which is then taken for the command's own.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if arguments is None:
        own_process.begin()
    with standard_streams():
        code = _run(arguments)
    if arguments is None:
        own_process.end()
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    try:
        whose = OWN_PROCESS if arguments is None else None
        code = cli.main(args=arguments, prog_name="scorecam", standalone_mode=False, obj=whose)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        _say_mistake(error)
        return EXIT_USAGE
    except ReaderGoneError:
        return EXIT_BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        say_error("interrupted; what was finished is kept, run the same command again to go on")
        return EXIT_INTERRUPTED
    except Terminated:
        say_error("terminated; what was finished is kept, run the same command again to go on")
        return EXIT_TERMINATED
    except ScorecamError as error:
        if os.environ.get("SCORECAM_DEBUG") == "1":
            traceback.print_exc()
        say_error(str(error))
        return _exit_code(error)
    except Exception as error:
        sentence = shortage(error)
        if sentence is None:
            raise
        say_error(sentence)
        return EXIT_PHOTO_FAILED


def _say_mistake(error: click.ClickException) -> None:
    """What Click did not understand, as every other error is told."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    message = error.format_message().removesuffix(".")
    say_error(message[:1].lower() + message[1:])
    context = error.ctx if isinstance(error, click.UsageError) else None
    say_error(f"try {context.command_path if context else 'scorecam'} --help")


def _exit_code(error: ScorecamError) -> int:
    if isinstance(error, ModelError):
        return EXIT_MODEL
    return EXIT_PHOTO_FAILED if isinstance(error, PhotoError) else EXIT_USAGE


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
