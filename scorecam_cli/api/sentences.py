"""Sentences about what went wrong, in the words of Python: `--batch-size 3` of the command is `batch_size 3`."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from scorecam_cli.errors import ScorecamError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_OTHERWISE_CALLED = {"class": "classes", "constant_input": "constant_inputs", "save": "kinds", "unsafe_model": "unsafe"}


def in_python_words(
    *settings: Callable[..., object],
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Let a function of the API name its arguments in its errors where the command would name its options.

    Args:
        settings: functions whose arguments it takes as well, on their way to them.
    """

    def worded(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        names = {name for each in (function, *settings) for name in inspect.signature(each).parameters}

        @functools.wraps(function)
        def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
            try:
                return function(*arguments, **options)
            except ScorecamError as error:
                error.args = (reworded(str(error), names),)
                raise

        return call

    return worded


def reworded(sentence: str, names: Collection[str]) -> str:
    """The sentence with each option that has an argument called as that argument; other options stay the command's."""

    def argument(found: re.Match[str]) -> str:
        name = found[1].replace("-", "_")
        name = _OTHERWISE_CALLED.get(name, name)
        return name if name in names else found[0]

    return _OPTION.sub(argument, sentence)
