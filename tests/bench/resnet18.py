"""ResNet18 in Keras, which has none of its own: 18 layers with weights, two 3 x 3 convolutions in each block.

Source: He et al. 2015, arXiv:1512.03385, table 1, with padding and downsampling as torchvision has them.
"""

from __future__ import annotations

from typing import Any

from scorecam_cli.keras_engine.start import keras
from scorecam_cli.models.catalogue import NamedModel
from scorecam_cli.models.weights_sources import Download

layers = keras.layers
SIZE, STEM, CLASSES = 224, 64, 1000
STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))  # filters, stride of the first of two blocks
EPSILON = 1e-5  # of every batch normalisation

RESNET18 = NamedModel(
    name="ResNet18",
    size=SIZE,
    parameters=11_699_112,  # 9,600 of them the running means and variances
    layer="stage4_block2_out",
    h=7,
    w=7,
    channels=512,
    preparation="torch",
    source=Download("", ""),  # nowhere: only with random weights
    network="tests.bench.resnet18",
)


def build() -> Any:
    """The network, returning logits."""
    photo = keras.Input((SIZE, SIZE, 3), name="photo")
    x = layers.ReLU(name="stem_out")(_convolved(photo, STEM, kernel=7, stride=2, name="stem"))  # [B, 112, 112, 64]
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(layers.ZeroPadding2D(1, name="stem_pool_pad")(x))
    for number, (filters, stride) in enumerate(STAGES, start=1):
        x = _block(x, filters, stride=stride, name=f"stage{number}_block1")
        x = _block(x, filters, stride=1, name=f"stage{number}_block2")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(photo, layers.Dense(CLASSES, name="logits")(x), name="resnet18")


def _block(x: Any, filters: int, *, stride: int, name: str) -> Any:
    """Two convolutions and what goes around them, which is fitted to them where the grid or the filters change."""
    around = x
    if stride != 1 or x.shape[-1] != filters:
        around = _convolved(x, filters, kernel=1, stride=stride, name=f"{name}_around")
    x = layers.ReLU(name=f"{name}_relu")(_convolved(x, filters, kernel=3, stride=stride, name=f"{name}_1"))
    x = _convolved(x, filters, kernel=3, stride=1, name=f"{name}_2")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([x, around]))


def _convolved(x: Any, filters: int, *, kernel: int, stride: int, name: str) -> Any:
    """Zeros on every side alike, a convolution without bias, and its normalisation."""
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(filters, kernel, strides=stride, use_bias=False, name=f"{name}_conv")(x)
    return layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm")(x)
