"""Hadamard matrices of every order that the constructions claim."""

import numpy as np
import pytest

from topline.analysis.replication.hadamard import hadamard

OUT_OF_REACH = {92, 116, 156, 172, 184, 188}


@pytest.mark.parametrize("order", [order for order in range(4, 201, 4) if order not in OUT_OF_REACH])
def test_rows_are_at_right_angles_and_all_but_the_first_add_up_to_zero(order):
    matrix = hadamard(order).astype(int)
    assert matrix.shape == (order, order)
    assert set(np.unique(matrix)) == {-1, 1}
    assert (matrix @ matrix.T == order * np.eye(order)).all()
    assert (matrix[0] == 1).all() and (matrix[:, 0] == 1).all()
    assert (matrix[1:].sum(axis=1) == 0).all()


@pytest.mark.parametrize("order", sorted(OUT_OF_REACH))
def test_an_order_out_of_reach_gives_way_to_the_next(order):
    assert len(hadamard(order)) == (192 if order == 184 else order + 4)


@pytest.mark.parametrize(("least", "order"), [(1, 1), (2, 2), (3, 4), (5, 8), (29, 32), (93, 96), (101, 104)])
def test_the_smallest_order_that_is_large_enough_is_taken(least, order):
    assert len(hadamard(least)) == order
