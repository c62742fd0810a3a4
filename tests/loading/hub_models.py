"""A tiny image classifier of each family of KerasHub, with random weights; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import keras_hub

_BUILT = keras_hub.models


def _prepared(name: str) -> Any:
    """A preprocessor as published models have one; it is saved with the model and never called."""
    converter = getattr(keras_hub.layers, f"{name}ImageConverter")(image_size=(32, 32), scale=1 / 255)
    return getattr(_BUILT, f"{name}ImageClassifierPreprocessor")(image_converter=converter)


def _classifier(name: str, *, head: dict[str, Any] | None = None, **backbone: Any) -> keras.Model:
    return getattr(_BUILT, f"{name}ImageClassifier")(
        backbone=getattr(_BUILT, f"{name}Backbone")(**backbone),
        num_classes=3,
        preprocessor=_prepared(name),
        **(head or {}),
    )


IMAGE = (32, 32, 3)
FAMILIES: dict[str, Callable[[], keras.Model]] = {
    "cspnet": lambda: _classifier(
        "CSPNet",
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 1],
        stackwise_strides=[2, 2],
        stackwise_num_filters=[8, 16],
        block_type="dark_block",
        stage_type="dark",
        image_shape=IMAGE,
    ),
    "deit": lambda: _classifier(
        "DeiT", image_shape=IMAGE, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16, intermediate_dim=32
    ),
    "densenet": lambda: _classifier("DenseNet", stackwise_num_repeats=[1, 2], image_shape=(64, 64, 3), growth_rate=8),
    "efficientnet": lambda: _classifier(
        "EfficientNet",
        stackwise_kernel_sizes=[3, 3],
        stackwise_num_repeats=[1, 1],
        stackwise_input_filters=[8, 8],
        stackwise_output_filters=[8, 16],
        stackwise_expansion_ratios=[1, 2],
        stackwise_squeeze_and_excite_ratios=[0.25, 0.25],
        stackwise_strides=[1, 2],
        stackwise_block_types=["v1", "v1"],
        stackwise_width_coefficients=[1.0, 1.0],
        stackwise_depth_coefficients=[1.0, 1.0],
        stackwise_force_input_filters=[0, 0],
        stackwise_nores_option=[False, False],
        input_shape=IMAGE,
    ),
    "hgnetv2": lambda: _classifier(
        "HGNetV2",
        depths=[1, 1],
        embedding_size=8,
        hidden_sizes=[16, 16],
        stem_channels=[3, 8, 8],
        hidden_act="relu",
        use_learnable_affine_block=False,
        stackwise_stage_filters=[[8, 8, 16, 1, 2, 3], [16, 8, 16, 1, 2, 3]],
        apply_downsample=[False, True],
        use_lightweight_conv_block=[False, False],
        image_shape=IMAGE,
        head={"head_filters": 16},
    ),
    "mit": lambda: _classifier(
        "MiT",
        image_shape=IMAGE,
        layerwise_depths=[1, 1],
        num_layers=2,
        layerwise_num_heads=[1, 2],
        layerwise_sr_ratios=[2, 1],
        max_drop_path_rate=0.1,
        layerwise_patch_sizes=[7, 3],
        layerwise_strides=[4, 2],
        hidden_dims=[8, 16],
    ),
    "mobilenet": lambda: _classifier(
        "MobileNet",
        stackwise_expansion=[[8], [16, 16]],
        stackwise_num_blocks=[1, 2],
        stackwise_num_filters=[[8], [16, 16]],
        stackwise_kernel_size=[[3], [3, 3]],
        stackwise_num_strides=[[2], [1, 1]],
        stackwise_se_ratio=[[0.25], [None, None]],
        stackwise_activation=[["relu"], ["relu", "relu"]],
        stackwise_padding=[[1], [1, 1]],
        output_num_filters=32,
        input_num_filters=8,
        depthwise_filters=8,
        depthwise_stride=1,
        depthwise_residual=True,
        squeeze_and_excite=None,
        last_layer_filter=16,
        input_activation="relu",
        output_activation="relu",
        image_shape=IMAGE,
    ),
    "resnet": lambda: _classifier(
        "ResNet",
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=IMAGE,
    ),
    "swin_transformer": lambda: _classifier(
        "SwinTransformer", image_shape=IMAGE, embed_dim=8, depths=[2, 2], num_heads=[2, 2], window_size=4
    ),
    "vgg": lambda: _classifier(
        "VGG",
        stackwise_num_repeats=[1, 1],
        stackwise_num_filters=[8, 16],
        image_shape=IMAGE,
        head={"pooling_hidden_dim": 16},
    ),
    "vit": lambda: _classifier(
        "ViT", image_shape=IMAGE, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    ),
    "xception": lambda: _classifier(
        "Xception", stackwise_conv_filters=[[8, 8], [16, 16]], stackwise_pooling=[True, False], image_shape=IMAGE
    ),
}
