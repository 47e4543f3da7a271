"""Persistence: estimators in files of numbers and text, which are safe to load."""

from fgp_sklearn._storage import PersistenceError, save
from fgp_sklearn.persistence._load import load
from fgp_sklearn.persistence._load_prior import load_prior
from fgp_sklearn.persistence._onnx import onnx_inputs, to_onnx

__all__ = ["PersistenceError", "load", "load_prior", "onnx_inputs", "save", "to_onnx"]
