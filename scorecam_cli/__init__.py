"""scorecam: which parts of a photo made a Keras image classifier choose a class."""

__version__ = "0.1.0"
