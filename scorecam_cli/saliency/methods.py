"""Every method by its name: Score-CAM, its relatives, and those it is measured against.

A method is a file of this folder: its function, and METHOD, what is known of it; `choices.METHOD_FILES` names the file.
Nothing here needs TensorFlow until a method runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from importlib import import_module

from scorecam_cli.choices import METHOD_FILES, OF_DIFFERENCES, Variant
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.method import Method
from scorecam_cli.words import nearest_or, quoted

METHODS: dict[str, Method] = {
    name: import_module(f"{__package__}.{file}").METHOD for name, file in METHOD_FILES.items()
}


def method_named(name: str) -> Method:
    """The method of this name, in any case.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    method = METHODS.get(name.lower())
    if method is None:
        advice = nearest_or(f"choose one of {', '.join(METHODS)}", name, METHODS)
        raise UsageError(f"method {quoted(name)} does not exist; {advice}")
    return method


def method_in_list(name: str) -> tuple[Method, Variant | None]:
    """The method of a name in a list of several, where a variant may stand behind it: `score-cam:fitted`.

    Raises:
        UsageError: no such method, or it has no such variant; the message names the nearest.
    """
    own, sign, word = name.partition(":")
    method = method_named(own)
    if not sign:
        return method, None
    if "variant" not in method.takes:
        raise UsageError(f"method {method.name} has no variants; leave out {quoted(sign + word)}")
    if word.lower() not in list(Variant):
        advice = nearest_or(f"choose one of {', '.join(Variant)}", word, list(Variant))
        raise UsageError(f"variant {quoted(word)} of {method.name} does not exist; {advice}")
    return method, Variant(word.lower())


def methods_named(names: Sequence[str]) -> tuple[str, ...]:
    """The names of several methods as they are spelt here, with the variant behind those that are given one.

    Raises:
        UsageError: no such method, none at all, or one of them twice.
    """
    if not names:
        raise UsageError(f"no method is named; give a comma list of {', '.join(METHODS)}")
    spelt = tuple(method.name + (f":{variant}" if variant else "") for method, variant in map(method_in_list, names))
    twice = [name for name in spelt if spelt.count(name) > 1]
    if twice:
        raise UsageError(f"method {twice[0]} is named twice; leave out one")
    return spelt


def takers(setting: str) -> list[str]:
    """Names of the methods that take this setting, a field of MethodSettings."""
    return [name for name, method in METHODS.items() if setting in method.takes]


def with_steps() -> tuple[str, ...]:
    """Names of the methods that hand out the masks that weigh most, so that figures can show them."""
    return tuple(name for name, method in METHODS.items() if method.has_steps)


def knows_how_sure(name: str, settings: MethodSettings) -> bool:
    """Whether a method with these settings tells how sure each position of its map is."""
    differs = "variant" in method_named(name).takes and settings.variant in OF_DIFFERENCES
    return differs and settings.passes is None and settings.fidelity >= 1


def has_sign(name: str, settings: MethodSettings) -> bool:
    """Whether a method with these settings tells what speaks against a class, so that its map can be signed."""
    takes = method_named(name).takes
    return "signed" in takes and ("variant" not in takes or settings.variant in OF_DIFFERENCES)


def check(name: str, settings: MethodSettings) -> None:
    """Raise UsageError unless there is such a method, and it can do what is asked."""
    method, default = method_named(name), MethodSettings()
    for setting in ("fidelity", "variant", "selection", "signed", "fill"):
        if setting not in method.takes and getattr(settings, setting) != getattr(default, setting):
            raise UsageError(
                f"--{setting} is of {' and '.join(takers(setting))} alone; leave it out with --method {method.name}"
            )
    if settings.signed and not has_sign(name, settings):
        raise UsageError(
            f"--signed is of --variant {' and '.join(OF_DIFFERENCES)} alone: what {settings.variant} sums is never "
            "against a class"
        )
    if settings.passes is None:
        return
    if "passes" not in method.takes:
        raise UsageError(
            f"method {method.name} has no number of passes to choose; leave out --passes {settings.passes}"
        )
    if settings.passes < method.fewest_passes:
        raise UsageError(
            f"--passes {settings.passes} is too few for {method.name}: it needs at least {method.fewest_passes}"
        )


def check_contrast(name: str, against: str | None) -> None:
    """Raise UsageError where a class is to be set against another, and the method makes nothing of classes."""
    if against is not None and not method_named(name).of_classes:
        raise UsageError(f"--against {against} means nothing to method {name}, which knows no class; leave it out")


def check_outputs(name: str, settings: MethodSettings) -> None:
    """Raise UsageError unless a method makes sense of the outputs of a regression."""
    method = method_named(name)
    if not (method.of_outputs or method.by_gradients):
        others = ", ".join(each.name for each in METHODS.values() if each.of_outputs or each.by_gradients)
        raise UsageError(
            f"method {method.name} is made of probabilities or logits, not of outputs; use one of {others}"
        )
    if "variant" in method.takes and settings.variant == Variant.PAPER:
        raise UsageError("--variant paper is a softmax over logits, and outputs are none; use another variant")


def check_methods(names: Sequence[str], settings: MethodSettings) -> None:
    """Raise UsageError unless there are such methods, each given once, and each can do its part of what is asked."""
    spelt = methods_named(names)
    named = tuple(method_in_list(name)[0].name for name in spelt)
    for name in spelt:
        check(method_in_list(name)[0].name, among_others(name, settings))
    if settings.fill != MethodSettings().fill and not set(named) & set(takers("fill")):
        raise UsageError(
            f"--fill {settings.fill} is what masked pixels become, and none of {', '.join(named)} masks any: leave it "
            f"out, or add one of {', '.join(takers('fill'))}"
        )
    if settings.signed and not any(among_others(name, settings).signed for name in spelt):
        raise UsageError(
            f"--signed keeps what speaks against a class, and none of {', '.join(named)} tells that: leave it out, or "
            f"add one of {', '.join(takers('signed'))}, the first with --variant {' or '.join(OF_DIFFERENCES)}"
        )


def check_suits(names: Sequence[str], *, has_layers: bool, model: str) -> None:
    """Raise ModelError where a model has no layers to look at and none of these methods can do without."""
    if has_layers or not all(method_in_list(name)[0].by_layers for name in names):
        return
    others = [each.name for each in METHODS.values() if not each.by_layers]
    raise ModelError(
        f"{model} is seen from outside, and {' and '.join(names[:1])} needs the layers of a Keras model; "
        f"use {', '.join(others[:-1])} or {others[-1]}"
    )


def among_others(name: str, settings: MethodSettings) -> MethodSettings:
    """What of these settings is a method's where several run side by side.

    Passes and fidelity bound the work of methods that can tell how close to their exact map they come; the others run
    their default number of passes, and each runs without the settings that it does not take. A variant behind the name
    goes before that of the settings.
    """
    (method, variant), default = method_in_list(name), MethodSettings()
    settings = settings if variant is None else replace(settings, variant=variant)
    others = {each.name for each in fields(MethodSettings)} - method.takes - {"batch_size", "seed"}
    if "fidelity" not in method.takes:
        others.add("passes")
    if not has_sign(method.name, settings):
        others.add("signed")
    return replace(settings, **{setting: getattr(default, setting) for setting in others})
