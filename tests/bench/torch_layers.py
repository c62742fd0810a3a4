"""One torch module for one Keras layer, with its weights, as `tests.bench.translated` puts them together.

Keras has channels last and torch first: kernels [kh, kw, in, out] become [out, in, kh, kw], and the rows of a dense
layer behind a grid are put in the order of a grid [c, h, w].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Pads = tuple[tuple[int, int], tuple[int, int]]  # before and after: rows, columns
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "relu6": lambda: nn.ReLU6(inplace=True),
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": lambda: nn.Hardswish(inplace=True),
}


class Arithmetic(nn.Module):
    """The sum or the product of what is given and a constant."""

    def __init__(self, combine: Callable[[Any, Any], Any], constant: float | None) -> None:
        super().__init__()
        self.combine, self.constant = combine, constant

    def forward(self, *values: Tensor) -> Tensor:
        """Of one or several tensors."""
        result = values[0]
        for value in values[1:]:
            result = self.combine(result, value)
        return result if self.constant is None else self.combine(result, self.constant)


class Scale(nn.Module):
    """`x * scale + offset`."""

    def __init__(self, scale: float, offset: float) -> None:
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: Tensor) -> Tensor:
        """Of a tensor."""
        return x * self.scale + self.offset


def same(size: int, *, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros before and after that Keras' `same` adds along one side."""
    missing = max((math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return missing // 2, missing - missing // 2


def convolution(layer: Any, pads: Pads) -> nn.Module:
    """A Conv2D or a DepthwiseConv2D, its zeros in it where they are the same on both sides, else before it."""
    kernel, *bias = layer.get_weights()  # [kh, kw, in, out], or depthwise [kh, kw, c, m]
    depthwise = type(layer).__name__ == "DepthwiseConv2D"
    if depthwise:
        height, width, channels, times = kernel.shape
        weight = kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)  # [c * m, 1, kh, kw]
        groups, inside = channels, channels
    else:
        weight = kernel.transpose(3, 2, 0, 1)  # [out, in, kh, kw]
        groups, inside = layer.groups, kernel.shape[2] * layer.groups
    (top, bottom), (left, right) = pads
    even = top == bottom and left == right
    module = nn.Conv2d(
        inside,
        len(weight),
        weight.shape[2:],
        stride=tuple(layer.strides),
        padding=(top, left) if even else 0,
        dilation=tuple(layer.dilation_rate),
        groups=groups,
        bias=bool(bias),
    )
    _fill(module, weight, *bias)
    return module if even else nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), module)


def dense(layer: Any, grid: tuple[int, ...] | None) -> nn.Module:
    """A Dense layer behind a flattened grid [h, w, c], or behind none."""
    kernel, *bias = layer.get_weights()  # [in, out]
    if grid is not None:
        kernel = kernel.reshape(*grid, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)  # rows as c, h, w
    module = nn.Linear(*kernel.shape, bias=bool(bias))
    _fill(module, kernel.T, *bias)
    return module


def _fill(module: nn.Module, *arrays: Any) -> None:
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(np.array(array, np.float32)))


def _normalisation(layer: Any) -> nn.Module:
    module = nn.BatchNorm2d(layer.moving_mean.shape[0], eps=layer.epsilon)
    given = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    kept = (module.weight, module.bias, module.running_mean, module.running_var)
    with torch.no_grad():
        for parameter, array in zip(kept, given, strict=True):
            if array is not None:  # without scale or offset they stay 1 and 0
                parameter.copy_(torch.from_numpy(array.numpy().copy()))
    return module


def _mean(layer: Any) -> nn.Module:
    mean = nn.AdaptiveAvgPool2d(1)  # [B, c, 1, 1]
    return mean if layer.keepdims else nn.Sequential(mean, nn.Flatten())


def _combined(combine: Callable[[Any, Any], Any]) -> Callable[[Any], nn.Module]:
    def made(operation: Any) -> nn.Module:
        given = operation._inbound_nodes[0].arguments.args
        (constant,) = [value for value in given if isinstance(value, int | float)] or [None]
        return Arithmetic(combine, constant)

    return made


SIMPLE: dict[str, Callable[[Any], nn.Module]] = {
    "Add": _combined(torch.add),
    "Multiply": _combined(torch.mul),
    "BatchNormalization": _normalisation,
    "Flatten": lambda layer: nn.Flatten(),
    "GlobalAveragePooling2D": _mean,
    "Rescaling": lambda layer: Scale(float(layer.scale), float(layer.offset)),
}
