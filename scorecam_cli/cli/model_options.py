"""Options that say which model, how it is loaded and where it runs; see `options.py` for all of them."""

from __future__ import annotations

import click

from scorecam_cli.choices import HeadKind, Precision, Preprocess
from scorecam_cli.cli import completion
from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.cli.values import FILE, OneOf, cut_off, device_name
from scorecam_cli.config import ModelSettings

DEFAULTS = ModelSettings()
MOST_THREADS = 1024
UNSAFE = Group.MODEL.option(
    "--unsafe-model",
    "unsafe",
    is_flag=True,
    help="Run the Python code that a model file brings with it, with all that you may do: for files you trust.",
)
OUTPUT = Group.MODEL.option(
    "--output",
    metavar="NAME",
    help="Of a model file with several outputs: the one that says the class, by name or number.",
)
CONSTANT_INPUT = Group.MODEL.option(
    "--constant-input",
    "constant_inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="What an input beside the photo is given: a .npy file or a number. Repeatable.",
)


def model_options(command: Command) -> Command:
    """--model and everything about how it is loaded, fed and run, but for the layer."""
    return stacked(
        command,
        Group.MODEL.option(
            "-m",
            "--model",
            default=DEFAULTS.model,
            shell_complete=completion.models,
            show_default=True,
            envvar="SCORECAM_MODEL",
            show_envvar=True,
            help="A name from `scorecam models`, in any case, or a file: .keras, .h5, .hdf5, .tflite, .onnx, or the "
            "folder of a SavedModel.",
        ),
        Group.MODEL.option(
            "--weights",
            default=DEFAULTS.weights,
            shell_complete=completion.weights,
            show_default=True,
            metavar="imagenet|random|FILE",
            help="Weights of a named model.",
        ),
        Group.MODEL.option(
            "--seed", default=DEFAULTS.seed, show_default=True, help="Of --weights random, and of methods that draw."
        ),
        Group.MODEL.option("--labels", type=FILE, help="Class names: a text file (a name a line), CSV or JSON."),
        Group.MODEL.option(
            "--preprocess",
            type=OneOf(Preprocess),
            default=DEFAULTS.preprocess.value,
            show_default=True,
            help="How the training code scaled its photos; auto: known for named models, or done inside the model.",
        ),
        Group.MODEL.option(
            "--head",
            type=OneOf(HeadKind),
            default=DEFAULTS.head.value,
            show_default=True,
            help="What the model's numbers are: probabilities or logits of one class of several (softmax) or of each "
            "class by itself (sigmoid), or quantities (linear: a regression); auto: told by its last layer.",
        ),
        Group.MODEL.option(
            "--input-size",
            type=click.IntRange(1, 8192),
            nargs=2,
            metavar="H W",
            help="For a model file that leaves its input size open.  [default: 224 224]",
        ),
        OUTPUT,
        CONSTANT_INPUT,
        Group.MODEL.option(
            "--import",
            "imports",
            type=FILE,
            multiple=True,
            metavar="FILE.py",
            help="Run this Python file of yours first: it registers the classes that a model file needs. Repeatable.",
        ),
        UNSAFE,
        Group.MODEL.option(
            "--offline",
            is_flag=True,
            callback=cut_off,
            help="Never download weights, nor let TensorFlow or --import connect to anything.",
        ),
        Group.MODEL.option(
            "--device",
            default=DEFAULTS.device,
            show_default=True,
            metavar="auto|cpu|gpu[:N]",
            callback=device_name,
            help="Where the model runs.",
        ),
        Group.HOW.option(
            "--threads",
            type=click.IntRange(1, MOST_THREADS),
            metavar="N",
            envvar="SCORECAM_THREADS",
            show_envvar=True,
            help="Of each process that computes; 1 keeps it to one core.  [default: one for each core]",
        ),
    )


def precision_option(command: Command) -> Command:
    """--precision."""
    return stacked(
        command,
        Group.HOW.option(
            "--precision",
            type=OneOf(Precision),
            default=DEFAULTS.precision.value,
            show_default=True,
            help="Number format of the masked passes: bfloat16 for CPUs that have it, float16 for GPUs.",
        ),
    )
