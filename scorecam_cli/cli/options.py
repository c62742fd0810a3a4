"""Options that several commands share, each written once. Parameter name = field name of the configuration.

Those of the model are in `model_options.py`, those of what is drawn in `drawing_options.py`.

Every option of every command, by its group under `--help` (a test holds this index to the commands):

Photos
    -r, --recursive     descend into folders              explain predict report compare evaluate status
    --name              photo on standard input           explain predict
    --log               log with its failures             status
    --mark              only of these names               status
    --files-from        photos named in a list            explain predict compare evaluate
    --max-pixels        refuse larger photos              explain predict compare evaluate
    --photo-timeout     seconds to read a photo           explain predict compare evaluate
    --fail-fast         stop at the first failure         explain
    --retry-failed      those that failed, by log         explain
    --force             redo those up to date             explain evaluate
    --shard             one of N parts only               explain predict evaluate
    --limit             only the first N                  evaluate
Model
    -m, --model         its name or file                  explain predict compare evaluate
    --weights           of a named model                  explain predict compare evaluate
    --seed              of weights, of random methods     explain predict compare evaluate
    --labels            file of class names               explain predict compare evaluate
    --preprocess        how training scaled photos        explain predict compare evaluate
    --head              what its numbers are              explain predict compare evaluate
    --input-size        where the model has none          explain predict compare evaluate models
    --output            which of several outputs          explain predict compare evaluate models
    --constant-input    what other inputs are given       explain predict compare evaluate models
    --import            Python file with its classes      explain predict compare evaluate models
    --unsafe-model      run code that it brings           explain predict compare evaluate models
    --offline           download and connect to nothing   explain predict compare evaluate
    --device            where it runs                     explain predict compare evaluate
What to explain
    -l, --layer, --layers  target layer, or several       explain compare evaluate
    --grid              sides its tokens fold into        explain compare evaluate
    --prefix            tokens before the grid            explain compare evaluate
    -c, --class         class to explain                  explain compare evaluate
    -k, --top           most probable classes             explain compare
    --against           the class set against             explain
    --truth             CSV: class of each photo          explain evaluate
How
    --method            how the map is made               explain
    --methods           those that are compared           compare evaluate
    --variant           what Score-CAM sums               explain compare evaluate
    --passes            masks, samples or points          explain compare evaluate
    --fidelity          correlation that is enough        explain compare evaluate
    --fill              what masked pixels become         explain compare evaluate
    --batch-size        masked photos in one pass         explain compare evaluate
    --selection         which masks are passed            explain
    --signed            keep what speaks against          explain compare
    --threads           that each process uses            explain predict compare evaluate
    --workers           processes that share the work     explain predict
    --engine            where workers are                 explain predict
    --address           of a cluster of Ray               explain predict
    --gpus-per-worker   on a cluster of Ray               explain predict
    --precision         number format of passes           explain compare evaluate
    --measures          what is measured                  evaluate
    --baseline          method to compare with            evaluate
    --boxes             where objects are, by boxes       evaluate
    --masks             where objects are, by pictures    evaluate
    --steps             of a curve                        evaluate
    --deletion-fill     what deleted pixels become        evaluate
    --insertion-fill    what pixels were before           evaluate
Output
    -k, --top           most probable classes             predict
    -o, --output-dir    folder of what is written         explain compare evaluate
    --save              kinds of output                   explain compare evaluate
    --colormap          colours of the map                explain compare
    --alpha             share of heatmap in overlay       explain compare
    --width             of figures on paper               explain compare evaluate
    --dpi               dots per inch of figures          explain compare evaluate
    --log               JSON line for each photo          explain
    --page              page of all photos                explain
    --classes           one figure with all classes       compare
    -o, --output        where the page goes               report
    --run-name          what a run is called              report
    --title             of the page                       report
    --truth             the class of each photo           report
    --evaluation        metrics to show                   report
    --review            stars, labels and notes           report
    --folder            pictures beside the page          report
    --json              objects in place of text          explain predict compare evaluate status models methods
    -0, --print0        NUL after each path               explain report compare evaluate
    -q, --quiet         errors and warnings only          explain predict report compare evaluate
    -v, --verbose       how each result was made          explain predict report compare evaluate status
"""

from __future__ import annotations

from collections.abc import Callable

import click

from scorecam_cli.choices import OF_DIFFERENCES, Fill, Variant
from scorecam_cli.cli import completion
from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.cli.model_options import DEFAULTS
from scorecam_cli.cli.values import GridSides, OneOf, batch_size, method_names
from scorecam_cli.config import MAX_PIXELS, PHOTO_SECONDS, ExplainConfig
from scorecam_cli.relations import MOST_PREFIX
from scorecam_cli.saliency.methods import METHODS, takers

EXPLAIN = ExplainConfig.__dataclass_fields__
SIGNED = (f"--variant {' and '.join(OF_DIFFERENCES)}", *takers("signed")[1:])


def photo_arguments(command: Command) -> Command:
    """IMAGES..., -r, --files-from."""
    return stacked(
        command,
        click.argument("images", nargs=-1, metavar="IMAGES...", shell_complete=completion.files),
        Group.PHOTOS.option("-r", "--recursive", is_flag=True, help="Descend into folders."),
        Group.PHOTOS.option(
            "--files-from",
            shell_complete=completion.files,
            metavar="FILE",
            help="Also take the photos named in FILE, one a line (or separated by NUL); - is standard input.",
        ),
        Group.PHOTOS.option(
            "--max-pixels",
            type=click.IntRange(min=1),
            default=MAX_PIXELS,
            show_default=True,
            metavar="N",
            help="Refuse photos with more pixels, before they are decoded.",
        ),
        Group.PHOTOS.option(
            "--photo-timeout",
            "seconds",
            type=click.IntRange(0, 10**6),
            default=int(PHOTO_SECONDS),
            show_default=True,
            metavar="SECONDS",
            help="Give up a photo whose reading takes longer; 0 waits without end.",
        ),
    )


def layer_option(command: Command) -> Command:
    """-l/--layer/--layers, and how it is a picture of the photo where that cannot be found out: --grid and --prefix."""
    return stacked(
        command,
        Group.WHAT.option(
            "-l",
            "--layer",
            "--layers",
            "layers",
            multiple=True,
            metavar="NAME|auto",
            help="Target layer; `scorecam models MODEL` lists them. Repeatable: several make one map. auto: the last "
            "of each of the two or three coarsest grids.  [default: the last that is a picture of the photo and "
            "reaches the head]",
        ),
        Group.WHAT.option(
            "--grid",
            type=GridSides(),
            metavar="HxW",
            help="With --layer: rows and columns that its tokens fold into, where that cannot be found out.",
        ),
        Group.WHAT.option(
            "--prefix",
            type=click.IntRange(0, MOST_PREFIX),
            default=DEFAULTS.prefix,
            show_default=True,
            help="With --grid: how many tokens come before those of the grid.",
        ),
    )


def class_options(command: Command) -> Command:
    """-c/--class and -k/--top."""
    return stacked(
        command,
        Group.WHAT.option(
            "-c",
            "--class",
            "classes",
            multiple=True,
            metavar="CLASS",
            help="Index, name or WordNet id of a class to explain; repeatable.  [default: the predicted class]",
        ),
        Group.WHAT.option(
            "-k", "--top", type=click.IntRange(min=1), help="Explain the N most probable classes, in the same passes."
        ),
    )


def score_cam_options(*, passes: str) -> Callable[[Command], Command]:
    """--variant, --passes with this help, --fidelity, --fill and --batch-size."""
    return lambda command: stacked(
        command,
        Group.HOW.option(
            "--variant",
            type=OneOf(Variant),
            default=EXPLAIN["variant"].default.value,
            show_default=True,
            help="What is summed: masks (article), as the authors' code, as the paper's Algorithm 1, masks by how far "
            "their answers are from the mean (centred), or what each position contributes (fitted).",
        ),
        Group.HOW.option(
            "--passes",
            type=click.IntRange(min=1),
            metavar="N",
            help=passes,
        ),
        Group.HOW.option(
            "--fidelity",
            type=click.FloatRange(0, 1, min_open=True),
            default=EXPLAIN["fidelity"].default,
            show_default=True,
            help="Pass only as many masks as it takes to estimate this correlation with the exact map; 1 is exact.",
        ),
        Group.HOW.option(
            "--fill",
            type=OneOf(Fill),
            default=EXPLAIN["fill"].default.value,
            show_default=True,
            help="What masked pixels become: 0 in model units (zero), the photo's mean colour, or the photo strongly "
            f"blurred. Of {', '.join(takers('fill'))}.",
        ),
        Group.HOW.option(
            "--batch-size",
            default="auto",
            show_default=True,
            metavar="N|auto",
            callback=batch_size,
            help="Masked photos in one pass: more memory, the same map. Halved when memory runs out.",
        ),
    )


def signed_option(command: Command) -> Command:
    """--signed."""
    return stacked(
        command,
        Group.HOW.option(
            "--signed",
            is_flag=True,
            help="Keep what speaks against the class, below zero and in a second colour; --colormap is then a "
            f"diverging one, by default RdBu_r. Of {', '.join(SIGNED)}.",
        ),
    )


def methods_option(default: tuple[str, ...]) -> Callable[[Command], Command]:
    """--methods, with this default."""

    def add(command: Command) -> Command:
        return stacked(
            command,
            Group.HOW.option(
                "--methods",
                default=",".join(default),
                show_default=True,
                metavar="LIST",
                callback=method_names,
                shell_complete=completion.one_more_of(METHODS),
                help=f"Comma list of {', '.join(METHODS)}; score-cam:VARIANT is score-cam with that variant, and all "
                "variants share their passes.",
            ),
        )

    return add


def print0_option(command: Command) -> Command:
    """-0/--print0."""
    return stacked(
        command,
        Group.OUTPUT.option(
            "-0", "--print0", is_flag=True, help="End each printed path with NUL, not a newline: for xargs -0."
        ),
    )


def loudness_options(command: Command) -> Command:
    """-q and -v."""
    return stacked(
        command,
        Group.OUTPUT.option("-q", "--quiet", is_flag=True, help="Only errors and warnings on stderr."),
        Group.OUTPUT.option("-v", "--verbose", is_flag=True, help="Also say how each result was made."),
    )
