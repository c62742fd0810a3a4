"""What can go wrong, as types. The command line turns each into an exit code; nothing here knows it."""


class ScorecamError(Exception):
    """Everything a user can cause: the message is one clear sentence that names the value and what to do."""


class UsageError(ScorecamError):
    """The request cannot be understood or contradicts itself, whatever the photos are."""


class NothingFoundError(UsageError):
    """The arguments name no photo at all."""


class ModelError(ScorecamError):
    """The model could not be loaded, or is not an image classifier."""


class WeightsError(ModelError):
    """The weights of a named model are not at hand, damaged, or made for another model."""


class LayerError(UsageError):
    """The target layer asked for does not exist in this model or has no spatial grid."""


class ClassError(UsageError):
    """The class asked for is not one the model knows."""


class PhotoError(ScorecamError):
    """One photo could not be read, explained or written; the others are not concerned."""


class NumericsError(PhotoError):
    """The model returned a number that is not finite for this photo."""


class OutputError(PhotoError):
    """Nothing more can be written, whatever the photo is: the disk is full or the file system read-only."""


class MisfitError(ScorecamError):
    """A file that looks like one of ours does not hold what it should: damaged, of another version, or a stranger's."""
