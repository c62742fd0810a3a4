"""What a model's description may name of Keras: an allow-list by room, of what only computes on tensors.

Each name is here because it was looked at: it takes numbers, tensors and other names of this list, and neither reads
nor writes a file, opens a connection, or calls what the description hands it. What is not here, for whatever reason,
may not be named: what a later Keras adds is refused until somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_MODELS = names("Functional Model Sequential")

# Without Lambda and the layers of other frameworks, which run code; without those of text, categories, boxes and sound,
# some of which read vocabularies and none of which an image goes through.
_LAYERS = names("""
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
    AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add AdditiveAttention AlphaDropout Attention
    AugMix AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
    Bidirectional CenterCrop Concatenate ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose
    Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D
    Cropping3D CutMix Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Equalization
    Flatten GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization
    GroupQueryAttention Identity InputLayer LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D
    MaxPooling2D MaxPooling3D Maximum Minimum MixUp MultiHeadAttention Multiply Normalization PReLU Permute
    Pipeline RMSNormalization RNN RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter
    RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale
    RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness
    RandomShear RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape Resizing ReversibleEmbedding
    SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax Solarization SpatialDropout1D
    SpatialDropout2D SpatialDropout3D SpectralNormalization StackedRNNCells Subtract TimeDistributed
    UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
""")

_INITIALIZERS = names("""
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones Orthogonal
    RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
""")
_OLD_INITIALIZERS = names("""
    IdentityInitializer OrthogonalInitializer constant glorot_normal glorot_uniform he_normal he_uniform
    identity lecun_normal lecun_uniform normal one ones orthogonal random_normal random_uniform truncated_normal
    uniform variance_scaling zero zeros
""")

_REGULARIZERS = names("L1 L1L2 L2 OrthogonalRegularizer")
_OLD_REGULARIZERS = names("l1 l1l2 l2 orthogonal_regularizer")
_CONSTRAINTS = names("MaxNorm MinMaxNorm NonNeg UnitNorm")
_OLD_CONSTRAINTS = names("max_norm min_max_norm non_neg unit_norm")

# How numbers are kept; those of GPTQ and AWQ are left out, whose settings hold a tokenizer and a data set.
_POLICIES = names("DTypePolicyMap Int4DTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy")
_TOP_POLICIES = names("DTypePolicy FloatDTypePolicy")
_QUANTIZERS = names("AbsMaxQuantizer Float8QuantizationConfig Int4QuantizationConfig Int8QuantizationConfig")

# Functions of one tensor: what a description may name where a layer takes an activation.
_ACTIVATIONS = names("""
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
""")
_FUNCTIONS = names("""
    abs absolute arctan ceil celu clip cos cosh elu erf exp expm1 floor gelu glu hard_shrink hard_sigmoid
    hard_silu hard_tanh identity leaky_relu log log1p log_sigmoid log_softmax negative
    reciprocal relu relu6 round rsqrt selu sigmoid sign silu sin sinh soft_shrink softmax softplus softsign
    sparse_plus sparse_sigmoid sparsemax sqrt square squareplus tanh tanh_shrink threshold
""")

# Operations of a graph, as `x + 1` or keras.ops.relu(x) leave them. Left out: those that call a function they are given
# (Map, Scan, Cond, ...), and those that make tensors of any size from nothing but numbers.
_OPERATIONS: Mapping[str, frozenset[str]] = {
    "keras.src.ops.numpy": names("""
        Abs Absolute Add All Amax Amin Angle Any Append Arccos Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh
        Argmax Argmin Argpartition Argsort ArraySplit Average BitwiseAnd BitwiseInvert BitwiseLeftShift
        BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo Cbrt Ceil Clip Concatenate Conj Conjugate
        Copy Cos Cosh CountNonzero Cross Cumprod Cumsum Deg2rad Diagonal Diff Divide DivideNoNan Dot Dsplit
        Dstack Einsum EmptyLike Equal Exp Exp2 ExpandDims Expm1 Fabs Flip Fliplr Flipud Floor FloorDivide Fmax
        Fmin Fmod FullLike GetItem Greater GreaterEqual Heaviside Hsplit Hstack Hypot Inner Isclose Isfinite
        Isinf Isnan LeftShift Less LessEqual Log Log10 Log1p Log2 Logaddexp Logaddexp2 LogicalAnd LogicalNot
        LogicalOr LogicalXor Matmul Max Maximum Mean Median Min Minimum Mod Moveaxis Multiply NanToNum Negative
        NotEqual OnesLike Outer Pad Percentile Prod Ptp Quantile Rad2deg Ravel Real Reciprocal Repeat Reshape
        RightShift Roll Rot90 Round Select Sign Signbit Sin Sinc Sinh Sort Split Sqrt Square Squeeze Stack Std
        Subtract Sum Swapaxes Take TakeAlongAxis Tan Tanh Tensordot Tile Transpose Tril Triu TrueDivide Trunc
        Var Vdot Vsplit Vstack Where ZerosLike
    """),
    "keras.src.ops.nn": names("""
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose DepthToSpace
        DepthwiseConv DotProductAttention Elu Fold Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm
        LeakyRelu LogSigmoid LogSoftmax MaxPool Moments Normalize OneHot RMSNorm Relu Relu6 Selu SeparableConv
        Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth SparsePlus SparseSigmoid Sparsemax
        Squareplus TanhShrink Threshold Unfold
    """),
    "keras.src.ops.math": names("Erf Erfc Erfinv Logsumexp Rsqrt TopK"),
    "keras.src.ops.core": names("Cast SaturateCast Slice StopGradient Unstack"),
    "keras.src.ops.linalg": names("Norm"),
    "keras.src.ops.image": names("""
        AffineTransform CropImages ExtractPatches GaussianBlur HSVToRGB PadImages RGBToGrayscale RGBToHSV Resize
        SobelEdges
    """),
    "keras.src.ops.einops": names("Rearrange"),
}

# Values that Keras writes as objects: tensors of the graph, arrays, slices.
VALUES = names("__keras_tensor__ __tensor__ __numpy__ __slice__ __ellipsis__")

CLASSES: Mapping[str, frozenset[str]] = {
    "keras": names("Model Sequential") | _TOP_POLICIES,
    "keras.models": names("Model Sequential"),
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALIZERS,
    "keras.regularizers": _REGULARIZERS,
    "keras.constraints": _CONSTRAINTS,
    "keras.dtype_policies": _POLICIES,
    "keras.quantizers": _QUANTIZERS,
    "keras.src.models.functional": names("Functional"),
    "keras.src.applications.convnext": names("LayerScale StochasticDepth"),
    "keras.src.applications.inception_resnet_v2": names("CustomScaleLayer"),
    **_OPERATIONS,
}
FUNCTIONS: Mapping[str, frozenset[str]] = {
    "builtins": _ACTIVATIONS,
    "keras.activations": _ACTIVATIONS,
    "keras.ops": _FUNCTIONS,
}
# Where the old format, which names no module, looks a name up: among the layers, else in the room of the setting.
WITHOUT_MODULE = (
    _MODELS
    | _LAYERS
    | _INITIALIZERS
    | _OLD_INITIALIZERS
    | _REGULARIZERS
    | _OLD_REGULARIZERS
    | _CONSTRAINTS
    | _OLD_CONSTRAINTS
    | _POLICIES
    | _TOP_POLICIES
)
CALLED = (
    _MODELS | _LAYERS | frozenset().union(*_OPERATIONS.values())
)  # what is applied to a tensor; the rest sets it up
NUMBER_TYPES = names("""
    bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128
""")
