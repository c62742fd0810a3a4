"""ResNet18 as the article has it: eighteen layers with weights, 11.7 million parameters."""

from scorecam_cli.keras_engine.start import keras
from tests.bench.resnet18 import RESNET18, build


def test_it_has_the_layers_and_parameters_of_the_article():
    model = build()

    main = [each for each in model.layers if isinstance(each, keras.layers.Conv2D) and "around" not in each.name]
    trained = sum(weight.shape.num_elements() for weight in model.trainable_weights)
    assert len(main) + 1 == 18  # and the dense one
    assert trained == 11_689_512  # as torchvision counts its own
    assert model.count_params() == RESNET18.parameters
    assert model.get_layer(RESNET18.layer).output.shape == (None, RESNET18.h, RESNET18.w, RESNET18.channels)
    assert model.output.shape == (None, 1000)
