# The public names, and the modules that they are imported from on first use.
from .errors import FramesmoothError as FramesmoothError
from .events import KeyframeDone as KeyframeDone
from .events import Stop as Stop
from .frames import Frame as Frame
from .frames import FrameList as FrameList
from .frames import FrameSource as FrameSource
from .metrics.measure import flicker_residual_removed as flicker_residual_removed
from .models.pool import ModelPool as ModelPool
from .smoothing.base import create_smoother as create_smoother
from .sound.listening import listen as listen
from .timeline.schedule import Schedule as Schedule
from .timeline.timeline import Timeline as Timeline
from .video import Reading as Reading
from .video import open_sink as open_sink
from .video import open_source as open_source
from .workflows.assemble import assemble as assemble
from .workflows.batch.api import batch as batch
from .workflows.batch.api import batch_status as batch_status
from .workflows.check_data import check_data as check_data
from .workflows.compare import compare as compare
from .workflows.diagnose import diagnose as diagnose
from .workflows.evaluate import evaluate as evaluate
from .workflows.explain import explain as explain
from .workflows.generate.api import generate as generate
from .workflows.generate.settings import GenerateSettings as GenerateSettings
from .workflows.interpolate import interpolate as interpolate
from .workflows.measure import measure as measure
from .workflows.measure import measure_clips as measure_clips
from .workflows.smooth import smooth as smooth
from .workflows.soundtrack import soundtrack as soundtrack
from .workflows.storyboard.api import storyboard as storyboard
from .workflows.sweep import sweep as sweep
from .workflows.train_lora import train_lora as train_lora
from .workflows.train_motion import train_motion as train_motion
from .workflows.tune import tune as tune
from .workflows.upscale import upscale as upscale

__version__: str
__all__: list[str]
