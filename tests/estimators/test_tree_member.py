"""Trees of the blend, compared with scikit-learn."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from fgp_sklearn._storage import PersistenceError
from fgp_sklearn._storage._storable import check_stored
from fgp_sklearn.estimators._tree_member import TreeMember
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
from tests.estimators.attribute_spaces import chains_with_widths

POOL = chains_with_widths(120)
SCORES = np.random.default_rng(0).normal(size=(40, 2))


@pytest.mark.parametrize("targets", [slice(0, 1), slice(0, 2)])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 41.0)])
def test_trees_answer_as_those_of_scikit_learn(targets, weights):
    member = TreeMember(AttributeGroups().fit(POOL)).fit(POOL[:40], SCORES[:, targets], weights, seed=3)
    columns = np.hstack([*AttributeGroups().fit(POOL).transform(POOL), np.zeros((len(POOL), 1))])
    forest = ExtraTreesRegressor(200, bootstrap=True, oob_score=True, random_state=3)
    forest.fit(columns[:40], SCORES[:, targets].squeeze(), weights)
    np.testing.assert_allclose(member.scores(POOL).squeeze(), forest.predict(columns), rtol=1e-12)
    np.testing.assert_allclose(member.out_of_bag_.squeeze(), forest.oob_prediction_, rtol=1e-12)


def test_a_pool_in_which_nothing_varies_has_the_mean():
    same = POOL[[0] * 10]
    member = TreeMember(AttributeGroups().fit(same)).fit(same, SCORES[:10], None, seed=0)
    np.testing.assert_allclose(member.scores(same[:2]), member.scores(same[2:4]))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("_children", 0, "do not belong together"),
        ("_children", 10**6, "do not belong together"),
        ("_feature", 10**6, "a column that does not exist"),
        ("_roots", 10**6, "has no root"),
    ],
)
def test_a_changed_file_is_an_error(name, value, message):
    member = TreeMember(AttributeGroups().fit(POOL)).fit(POOL[:40], SCORES, None, seed=0)
    array = getattr(member, name).copy()
    array[0] = value
    setattr(member, name, array)
    with pytest.raises(PersistenceError, match=message):
        check_stored(member)
