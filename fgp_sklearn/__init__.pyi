# The one list of the public names of the package: type checkers read it, and `__init__.py` does.
from fgp_sklearn.architectures import ArchitectureBatch as ArchitectureBatch
from fgp_sklearn.architectures import ArchitectureError as ArchitectureError
from fgp_sklearn.architectures import UnlabeledPool as UnlabeledPool
from fgp_sklearn.architectures import as_batch as as_batch
from fgp_sklearn.estimators import FGPEncoder as FGPEncoder
from fgp_sklearn.estimators import FGPRegressor as FGPRegressor
from fgp_sklearn.estimators import FlowGaussianProcessRegressor as FlowGaussianProcessRegressor
from fgp_sklearn.estimators import TransferredPredictor as TransferredPredictor
from fgp_sklearn.estimators import sources_from_curves as sources_from_curves
from fgp_sklearn.persistence import load as load
from fgp_sklearn.persistence import load_prior as load_prior
from fgp_sklearn.persistence import save as save
from fgp_sklearn.preprocessing import AdjacencyEncoding as AdjacencyEncoding
from fgp_sklearn.preprocessing import ArchitectureSimplifier as ArchitectureSimplifier
from fgp_sklearn.preprocessing import AttributeStatistics as AttributeStatistics
from fgp_sklearn.preprocessing import ConnectionEncoding as ConnectionEncoding
from fgp_sklearn.preprocessing import FlowSurrogate as FlowSurrogate
from fgp_sklearn.preprocessing import FrameTensorizer as FrameTensorizer
from fgp_sklearn.preprocessing import GraphTensorizer as GraphTensorizer
from fgp_sklearn.preprocessing import PathEncoding as PathEncoding
from fgp_sklearn.preprocessing import PathStatistics as PathStatistics
from fgp_sklearn.preprocessing import PathSums as PathSums
from fgp_sklearn.preprocessing import RunningTotals as RunningTotals
from fgp_sklearn.preprocessing import SoftStageEncoding as SoftStageEncoding
from fgp_sklearn.preprocessing import StageEncoding as StageEncoding
from fgp_sklearn.preprocessing import WeisfeilerLehmanEncoding as WeisfeilerLehmanEncoding

__version__: str
