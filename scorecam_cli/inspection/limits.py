"""How much of a model file is believed before Keras sees it, and the words that several checks share."""

from __future__ import annotations

SAVE_WHOLE = 'save the whole model with model.save("model.keras") and give that file'
DAMAGED = "is cut short or damaged; copy or download it again"
FROM_ITS_MAKER = "do not use it, get the model from its maker"

MEMBERS = 1000  # of an archive: three, and the vocabularies of text layers
EXPANSION = 20  # weights shrink by a tenth, 90 % zeros by six; deflate reaches 1032 on zeros
FREE_BYTES = 64 << 20  # what any file may unpack to, or keep beside its arrays, whatever its own size

CONFIG_BYTES = 8 << 20  # the longest of keras.applications, NASNetLarge, takes 1.1 MB
CONFIG_ITEMS = 250_000  # brackets and commas; NASNetLarge has 65 000. At most 250 bytes each in Python: 63 MB
CONFIG_DEPTH = 64  # brackets inside brackets; NASNetLarge has 11, each model inside a model adds 4
TEXT_LETTERS = 512  # of one name or setting: Keras makes 800 bytes of each letter of a layer's name
CALLS = 10_000  # of layers, a layer inside a model as often as the model is called; NASNetLarge has 1 000
ERROR_BYTES = 24 << 20  # of the texts in which Keras repeats a description; it takes up to six times that

HDF5_OBJECTS = 100_000  # groups and arrays; NASNetLarge has 5 000
HDF5_DEPTH = 32  # groups inside groups; each model inside a model adds 2
ATTRIBUTES = 1000  # of one group or array; long lists are split over several
ATTRIBUTE_BYTES = 16 << 20
LOOK_SECONDS = 5  # of CPU, to start Python and look through a file; NASNetLarge takes 2
LOOK_SPEED = 50 << 20  # bytes for which a second more is given: a checksum takes one for 500 MB, unpacking for 200 MB
LOOK_BYTES = 256 << 20  # of address space above that of Python and h5py, which hold 40 MB; a description takes 150
REHEARSED_BYTES = 32 << 20  # the largest part of a packed array that is read to see whether it can be

OUTSIDE_NUMBERS = 1 << 29  # of one array of a TFLite or ONNX file: 2 GB in float32
OUTSIDE_TENSORS = 200_000  # arrays; NASNetLarge as TFLite has 2,000
OUTSIDE_OPERATIONS = 100_000  # calls of operators
OUTSIDE_BYTES = 2 << 30  # of the whole file: what both formats can hold
SAVED_FILES = 1000  # in the folder of a SavedModel, which has four and what its maker adds

INPUT_PIXELS = 89_478_485  # of the declared input: 1.07 GB as float32 colour, and where photos are refused too
SPARE_WEIGHTS = 4 << 20  # numbers, 17 MB in float32: what a model may declare above what its file stores
TIMES_STORED = 4  # an optimizer inside the file keeps up to three numbers for each weight
