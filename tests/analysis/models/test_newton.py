"""Newton's method on likelihoods that are not concave, or flat."""

import numpy as np
import pytest

from topline.analysis.models.newton import maximum
from topline.data.errors import EstimationError


class Peaks:
    """Rows whose own probability is highest at 3, with tails that bend the other way."""

    names = ("place",)
    matrix = np.ones((4, 1))
    height = 1.0

    def own(self, b):
        return np.full(4, 1 / (1 + self.height * (b[0] - 3) ** 2))

    def certain(self, b):
        return np.zeros(4, dtype=bool)

    def scores(self, b):
        distance = b[0] - 3
        return np.full((4, 1), -2 * self.height * distance / (1 + self.height * distance**2))

    def equations(self, b, weights):
        squared = (b[0] - 3) ** 2
        bend = 2 * self.height * (1 - self.height * squared) / (1 + self.height * squared) ** 2
        return weights @ self.scores(b), np.array([[weights.sum() * bend]])

    def shifts(self, step):
        return np.full(4, abs(step[0]))

    def scales(self):
        return np.ones(1)


class Flat(Peaks):
    """Rows that say nothing."""

    height = 0.0


def test_where_the_likelihood_bends_the_other_way_it_is_climbed_all_the_same():
    found = maximum(Peaks(), np.ones(4), np.array([0.0]))
    assert found.coefficients == pytest.approx([3.0])
    assert found.bread == pytest.approx(np.array([[1 / 8]]))
    assert found.deviance == pytest.approx(0.0)


def test_a_likelihood_without_a_summit_is_refused():
    with pytest.raises(EstimationError, match="does not converge"):
        maximum(Flat(), np.ones(4), np.array([0.0]))
