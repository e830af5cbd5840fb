"""What training needs beyond MONAI and Ignite: one handler a file, one factory.

The configs of the bundles name these classes; the engines call them.
"""

from mritumor.training.autocast_inferer import AutocastInferer
from mritumor.training.balance import balanced_weights
from mritumor.training.cached_dataset import MemoryAwareCacheDataset
from mritumor.training.checkpoints import Checkpoints
from mritumor.training.class_pictures import TensorBoardClasses
from mritumor.training.early_stopping import EarlyStopping
from mritumor.training.finite_loss import FiniteLoss
from mritumor.training.joint_batch import joint_batch
from mritumor.training.overlays import TensorBoardOverlays
from mritumor.training.pace import Pace
from mritumor.training.patient_intervals import PatientIntervals
from mritumor.training.progress import Progress
from mritumor.training.run_folder import RunFolder, put_earlier_run_aside
from mritumor.training.seeding import SeedEpochs
from mritumor.training.start_weights import start_from
from mritumor.training.stop_on_signal import StopOnSignal
from mritumor.training.thaw import ThawBlocks
from mritumor.training.validation_loss import ValidationLoss
from mritumor.training.weight_average import WeightAverage
