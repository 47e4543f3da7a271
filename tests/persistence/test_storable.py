"""What a class declares so that a file can hold it."""

import pytest

from fgp_sklearn import (
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    GraphTensorizer,
    PathStatistics,
)
from fgp_sklearn._storage import Storable, storable_classes
from fgp_sklearn._storage._storable import card_facts
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.nn import InputSpec
from fgp_sklearn.persistence import PersistenceError, save

POOL = nasbench201_space()[::500]


class Child(PathStatistics):
    """A class of a user, which inherits its declaration."""


class Declaring(PathStatistics):
    """A class of a user that declares attributes: it is still no class of this library."""

    _stored_attributes = PathStatistics._stored_attributes


def test_a_file_can_name_classes_of_this_library_alone():
    found = storable_classes()
    assert {"FGPEncoder", "FGPRegressor", "FlowBlocks", "InputSpec", "MonotoneCalibration"} <= found.keys()
    assert found["InputSpec"] is InputSpec  # not the class that dataclass replaced
    assert not {"Child", "Declaring", "Storable"} & found.keys()
    for cls in found.values():
        assert issubclass(cls, Storable)
        assert cls.__module__.startswith("fgp_sklearn.")


def test_a_child_of_a_user_is_not_saved_as_its_parent(tmp_path):
    with pytest.raises(PersistenceError, match="a Child"):
        save(Child().fit(POOL), tmp_path / "folder")


def test_estimators_describe_themselves():
    encoder = FGPEncoder(hidden_dim=4, max_epochs=1, random_state=0)
    regressor = FGPRegressor(encoder, max_epochs=1, random_state=0)
    assert list(card_facts(regressor)) == []
    regressor.fit_pretrain(POOL)
    pretrained, operations = card_facts(regressor)
    assert pretrained.startswith("- Pre-trained for 1 epochs")
    assert operations.startswith("- Operations: <code>avg_pool_3x3</code>, ")
    facts = list(card_facts(regressor.fit(POOL[:20], range(20))))
    assert facts[:3] == [pretrained, operations, "- Labels learnt from: 20"]
    assert facts[3].startswith("- Trained for 1 epochs")
    assert next(card_facts(GraphTensorizer().fit(POOL))).startswith("- Operations: ")
    process = FlowGaussianProcessRegressor(random_state=0).fit(POOL[:20], range(20))
    assert list(card_facts(process)) == []
