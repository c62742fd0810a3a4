"""Stands in for the few names of torchvision that pytorch-grad-cam imports and Score-CAM never calls.

torchvision is built for one torch. Beside another, as beside the torch of a CPU alone, it does not import, or is not
installed at all. Then, and only then, empty modules take its place in the contestant's own process; whatever is called
of them says so. The program that is timed is not touched.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

NAMES = {
    "torchvision": (),
    "torchvision.transforms": ("Compose", "Normalize", "ToTensor"),
    "torchvision.transforms.functional": ("resize",),
    "torchvision.ops": ("box_iou",),
}


def stand_in_for_torchvision() -> bool:
    """Make `import torchvision` work; whether stand-ins were needed for it."""
    try:
        for name in NAMES:
            importlib.import_module(name)
        return False
    except (ImportError, RuntimeError):  # not installed; made for another torch
        pass
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # what its import left half done
    for name, attributes in NAMES.items():
        module = sys.modules[name] = ModuleType(name, "A stand-in of tests.bench.stand_ins.")
        module.__spec__ = ModuleSpec(name, None)
        for attribute in attributes:
            setattr(module, attribute, _refusal(f"{name}.{attribute}"))
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, module)
    return True


def _refusal(name: str) -> Any:
    def refuse(*arguments: object, **named: object) -> NoReturn:
        raise NotImplementedError(f"{name} is a stand-in: install a torchvision that is built for this torch")

    return refuse
