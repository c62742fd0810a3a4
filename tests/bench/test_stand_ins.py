"""Stand-ins for torchvision: only where it does not import, and honest when they are called."""

import importlib
import sys

import pytest

from tests.bench.stand_ins import NAMES, stand_in_for_torchvision

WHOLE = "class {0}:\n    real = True\n"


@pytest.fixture(autouse=True)
def _no_torchvision_is_left(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]


def put_torchvision(folder, *, begins=""):
    package = folder / "torchvision"
    for name in ("", "transforms", "ops"):
        (package / name).mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("from torchvision import extension, ops\n" + begins)
    (package / "extension.py").write_text("")
    (package / "ops" / "__init__.py").write_text("def box_iou():\n    return 1\n")
    (package / "transforms" / "__init__.py").write_text("".join(WHOLE.format(name) for name in ("Compose", "ToTensor")))
    (package / "transforms" / "functional.py").write_text("def resize():\n    return 2\n")


def test_a_torchvision_that_imports_is_left_alone(tmp_path, monkeypatch):
    put_torchvision(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert stand_in_for_torchvision() is False
    assert importlib.import_module("torchvision.ops").box_iou() == 1


@pytest.mark.parametrize(
    "begins", ["raise RuntimeError('operator torchvision::nms does not exist')", "import nothing_1"]
)
def test_one_that_is_made_for_another_torch_is_stood_in_for(tmp_path, monkeypatch, begins):
    put_torchvision(tmp_path, begins=begins)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert stand_in_for_torchvision() is True

    assert "torchvision.extension" not in sys.modules
    for name, attributes in NAMES.items():
        assert all(hasattr(importlib.import_module(name), attribute) for attribute in attributes)
    with pytest.raises(NotImplementedError, match=r"torchvision\.ops\.box_iou is a stand-in: install a torchvision"):
        importlib.import_module("torchvision").ops.box_iou()


def test_modules_are_imported_as_pytorch_grad_cam_imports_them(monkeypatch):
    monkeypatch.setattr(sys, "path", [])

    assert stand_in_for_torchvision() is True

    import torchvision
    from torchvision.transforms import Compose, Normalize, ToTensor
    from torchvision.transforms.functional import resize

    assert torchvision.transforms.Compose is Compose
    assert len({Compose, Normalize, ToTensor, resize}) == 4
