"""Dictionary transforms that MONAI lacks, each with its array form.

They follow MONAI's conventions: channel-first arrays, ``keys`` and
``allow_missing_keys``, and a ``MetaTensor`` keeps its affine, metadata and applied
operations.

- `LabelsToRegions`, `RegionsToLabels`: exclusive labels to overlapping regions, and
  back.
- `BackboneFeatures`: what a frozen backbone makes of an image, computed once.
- `RandModalityDropout`: training with missing sequences; `FillModalitiesd`: cases that
  lack one.
- `ZeroBackground`: undo the background of volumes normalised by somebody else.
- `CheckImage`: stop early, and name the file, when an image cannot be used.
- `MatchChannels`, `UnitRange`: pictures of any colour and number type.
- `SplitJointd`: mask and class out of a joint network's one output.
- `ForgetShaped`: for classes, which have no place in space; `FlatPictured` and
  `ClassFromLabeld`: pictures and classes in the way of MONAI Label.

Names are loaded when first touched, so importing this package does not load MONAI.
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BackboneFeatures": "backbone_features",
        "BackboneFeaturesd": "backbone_features",
        "CheckImage": "check_image",
        "CheckImaged": "check_image",
        "ClassFromLabeld": "class_from_label",
        "FlatPictured": "flat_picture",
        "ForgetShaped": "forget_shape",
        "FillModalitiesd": "fill_modalities",
        "ImageSpacingd": "image_spacing",
        "LabelsToRegions": "labels_to_regions",
        "LabelsToRegionsd": "labels_to_regions",
        "MatchChannels": "match_channels",
        "MatchChannelsd": "match_channels",
        "N4BiasField": "n4_bias_field",
        "N4BiasFieldd": "n4_bias_field",
        "RandModalityDropout": "rand_modality_dropout",
        "RandModalityDropoutd": "rand_modality_dropout",
        "RegionsToLabels": "regions_to_labels",
        "RegionsToLabelsd": "regions_to_labels",
        "RobustNormalize": "robust_normalize",
        "RobustNormalized": "robust_normalize",
        "SplitJointd": "split_joint",
        "UnitRange": "unit_range",
        "UnitRanged": "unit_range",
        "UnknownTargetsd": "unknown_targets",
        "ZeroBackground": "zero_background",
        "ZeroBackgroundd": "zero_background",
    },
)
