"""What a model file may name of KerasHub: its image classifiers, each class looked at, and nothing beside them.

A classifier, its backbone, its preprocessor and its image converter take numbers, texts and each other; none of them
reads a file, connects or calls what the description hands it. Its tokenizers, presets and other tasks, some of which
do, may not be named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from scorecam_cli.inspection.limits import FROM_ITS_MAKER, INPUT_PIXELS

PACKAGE = "keras_hub"
REGISTERED = ("keras_hub>", "keras_nlp>")  # how its classes are registered with Keras, the second in files of old
_FAMILIES = {
    "cspnet": "CSPNet",
    "deit": "DeiT",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "hgnetv2": "HGNetV2",
    "mit": "MiT",
    "mobilenet": "MobileNet",
    "resnet": "ResNet",
    "swin_transformer": "SwinTransformer",
    "vgg": "VGG",
    "vit": "ViT",
    "xception": "Xception",
}
_PARTS = {
    "backbone": "Backbone",
    "image_classifier": "ImageClassifier",
    "image_classifier_preprocessor": "ImageClassifierPreprocessor",
    "image_converter": "ImageConverter",
}
# The one class that each module may be named for.
CLASSES: Mapping[str, str] = {
    f"{PACKAGE}.src.models.{family}.{family}_{module}": prefix + suffix
    for family, prefix in _FAMILIES.items()
    for module, suffix in _PARTS.items()
}

LARGEST = 1 << 16  # of any whole number; the widest layer has 8 192 units, the longest list of classes 21 843
LAYERS = 1000  # blocks, over all stages; ResNet152 has 50
WINDOW = 32  # positions on a side that an attention looks at; Swin has 7 and 12
_COUNTING = ("depth", "num_layers", "num_blocks", "num_repeats", "num_convs")
_SIDES = ("image_shape", "input_shape", "image_size")


def is_hub(module: str | None, registered: str | None) -> bool:
    """Whether something says of itself that it is a part of KerasHub."""
    return (module or "").split(".")[0] in ("keras_hub", "keras_nlp") or (registered or "").startswith(REGISTERED)


def fault_of_numbers(config: Any) -> str | None:
    """A setting of a class of KerasHub that no model for photos needs: building it would take the machine.

    Args:
        config: of the described object; of objects inside it the walk over the description asks by itself.
    """
    for key, value in config.items() if isinstance(config, dict) else ():
        numbers = list(_numbers(value))
        most = WINDOW if "window" in key else LARGEST
        too_many = any(word in key for word in _COUNTING) and sum(numbers) > LAYERS and "coefficient" not in key
        too_large = key in _SIDES and math.prod(sorted(numbers)[-2:]) > INPUT_PIXELS
        if too_many or too_large or any(abs(number) > most for number in numbers):
            shown = "".join(letter for letter in str(key) if letter.isprintable())[:40]
            return f"has the setting {shown!r} of a size that no model for photos needs; {FROM_ITS_MAKER}"
    return None


def _numbers(value: Any) -> Iterator[float]:
    """In lists inside lists."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, int | float) and not isinstance(found, bool):
            yield found
