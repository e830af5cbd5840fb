"""Why a network decided as it did: heat maps, and whether they lie in the tumour."""

from mritumor.explain.cam import gradcam, gradcam_around
from mritumor.explain.evidence import Evidence, energy_in_mask, evidence, pointing_hit
from mritumor.explain.layers import last_stage
from mritumor.explain.occlusion import as_heat, occlusion_sensitivity
from mritumor.explain.on_pictures import check_explains, picture_heat
from mritumor.explain.on_volumes import volume_heat
from mritumor.explain.scores import ScoringNetwork
from mritumor.explain.tested import heat_scores, slices_to_explain
