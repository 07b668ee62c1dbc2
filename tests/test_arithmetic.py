import numpy as np
import pytest
import torch

from resnet_viz.arithmetic import (
    LARGEST,
    Block,
    NumbersRefused,
    Remedy,
    checked,
    curvature,
    descent,
    jacobian,
    loss,
    singular_values,
    stacked,
    weight_gradient,
)

X = np.array([1.0, 0.5])
WEIGHT = np.array([[0.1, 0.05], [0.05, 0.1]])
ZERO = np.zeros(2)
TARGET = np.array([1.1, 0.6])


def block(residual: bool = True, weight: object = WEIGHT, bias: object = ZERO) -> Block:
    return Block(np.asarray(weight, dtype=float), np.asarray(bias, dtype=float), residual)


def test_the_walk_through_gives_the_numbers_written_down() -> None:
    np.testing.assert_allclose(block().branch(X), [0.125, 0.100])
    np.testing.assert_allclose(block().forward(X), [1.125, 0.600])
    np.testing.assert_allclose(block(residual=False).forward(X), [0.125, 0.100])
    np.testing.assert_allclose(loss(block(), X, TARGET), 0.5 * 0.025**2)
    np.testing.assert_allclose(loss(block(residual=False), X, TARGET), 0.5 * (0.975**2 + 0.5**2))


@pytest.mark.parametrize("residual", [True, False])
def test_the_gradient_is_that_of_autograd(residual: bool) -> None:
    source = np.random.default_rng(1)
    weight, bias, x, target = (source.normal(size=size) for size in ((2, 2), 2, 2, 2))
    made = block(residual, weight, bias)
    leaf = torch.tensor(x, requires_grad=True)
    y = torch.tensor(weight) @ leaf + torch.tensor(bias) + (leaf if residual else 0)
    (0.5 * ((y - torch.tensor(target)) ** 2).sum()).backward()
    assert leaf.grad is not None
    np.testing.assert_allclose(made.backward(made.forward(x) - target), leaf.grad.numpy())
    jacobian = torch.autograd.functional.jacobian(
        lambda z: torch.tensor(weight) @ z + torch.tensor(bias) + (z if residual else 0), torch.tensor(x)
    )
    np.testing.assert_allclose(made.jacobian, jacobian.numpy())


def test_zero_weights_pass_everything_on_or_nothing() -> None:
    residual, plain = (stacked(block(kind, np.zeros((2, 2))), X, np.ones(2), 50) for kind in (True, False))
    np.testing.assert_allclose(residual.forward, np.linalg.norm(X))
    np.testing.assert_allclose(residual.backward, np.sqrt(2))
    assert plain.forward[1:].max() == 0
    assert plain.backward[:-1].max() == 0


def test_a_stack_of_residual_blocks_grows_by_the_largest_factor() -> None:
    norms = stacked(block(), np.array([1.0, 1.0]), np.array([1.0, 1.0]), 200)  # the eigenvector of 1.15
    np.testing.assert_allclose(norms.forward[-1] / norms.forward[0], 1.15**200)
    np.testing.assert_allclose(norms.backward[0] / norms.backward[-1], 1.15**200)
    assert len(norms.forward) == len(norms.backward) == 201


def test_a_stack_gives_the_gradient_of_autograd() -> None:
    made, leaf = block(bias=[0.3, -0.2]), torch.tensor(X, requires_grad=True)
    y = leaf
    for _ in range(7):
        y = torch.tensor(WEIGHT) @ y + torch.tensor([0.3, -0.2]) + y
    y.sum().backward()
    assert leaf.grad is not None
    norms = stacked(made, X, np.ones(2), 7)
    np.testing.assert_allclose(norms.backward[0], np.linalg.norm(leaf.grad.numpy()))
    np.testing.assert_allclose(norms.forward[-1], np.linalg.norm(y.detach().numpy()))


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("remedy", ["small branches", "normalise"])
def test_a_stack_with_a_remedy_gives_the_gradient_of_autograd(residual: bool, remedy: Remedy) -> None:
    made, leaf, bias = block(residual, bias=[0.3, -0.2]), torch.tensor(X, requires_grad=True), torch.tensor([0.3, -0.2])
    y = leaf
    for _ in range(7):
        branch = (torch.tensor(WEIGHT) @ y + bias) / (7**0.5 if remedy == "small branches" else 1)
        z = branch + y if residual else branch
        y = z / z.norm() if remedy == "normalise" else z
    y.sum().backward()
    assert leaf.grad is not None
    norms = stacked(made, X, np.ones(2), 7, remedy)
    np.testing.assert_allclose(norms.backward[0], np.linalg.norm(leaf.grad.numpy()), rtol=1e-6)
    np.testing.assert_allclose(norms.forward[-1], np.linalg.norm(y.detach().numpy()), rtol=1e-6)


def test_small_branches_slow_the_growth_and_do_not_end_it() -> None:
    ones = np.ones(2)  # the eigenvector of 1.15
    norms = stacked(block(), ones, ones, 100, "small branches")
    np.testing.assert_allclose(norms.forward[-1] / norms.forward[0], 1.015**100)


def test_a_normalised_stack_keeps_length_1_and_loses_a_gradient_along_its_output() -> None:
    ones = np.ones(2)
    norms = stacked(block(), ones, ones, 50, "normalise")
    np.testing.assert_allclose(norms.forward[1:], 1)
    assert norms.backward[:-1].max() == 0
    assert stacked(block(), ones, np.array([1.0, -1.0]), 50, "normalise").backward[0] > 0


def test_normalising_leaves_0_as_it_is() -> None:
    norms = stacked(block(False, np.zeros((2, 2))), X, np.ones(2), 3, "normalise")
    assert norms.forward[1:].tolist() == [0, 0, 0]
    assert norms.backward[:-1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("residual", [True, False])
def test_the_jacobian_of_backward_passes_is_the_block_s_own(residual: bool) -> None:
    made = block(residual, [[1, 2], [3, 4]])
    np.testing.assert_allclose(jacobian(made, (2,)), made.jacobian)


def test_singular_values_stretch_by_hand_and_rounding_is_0() -> None:
    np.testing.assert_allclose(singular_values(block().jacobian), [1.15, 1.05])
    assert singular_values(np.array([[1.0, 1 / 3], [3.0, 1.0]]))[1] == 0
    assert singular_values(np.zeros((2, 2))).tolist() == [0, 0]


def test_what_leaves_the_range_of_numbers_is_infinite_and_no_error() -> None:
    norms = stacked(block(weight=[[LARGEST, 0], [0, -LARGEST]]), X, np.ones(2), 200)
    assert np.isinf(norms.forward[-1])
    assert not np.isnan(norms.forward).any()


@pytest.mark.parametrize("residual", [True, False])
def test_a_step_of_descent_is_that_of_sgd(residual: bool) -> None:
    weight, bias = torch.tensor(WEIGHT, requires_grad=True), torch.tensor(ZERO, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=0.3)
    for made, now in descent(block(residual), X, TARGET, rate=0.3, steps=5):
        np.testing.assert_allclose(made.weight, weight.detach().numpy())
        x = torch.tensor(X)
        y = weight @ x + bias + (x if residual else 0)
        value = 0.5 * ((y - torch.tensor(TARGET)) ** 2).sum()
        np.testing.assert_allclose(now, value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()


@pytest.mark.parametrize("residual", [True, False])
def test_the_gradient_of_the_weights_is_that_of_autograd(residual: bool) -> None:
    weight = torch.tensor(WEIGHT, requires_grad=True)
    y = weight @ torch.tensor(X) + (torch.tensor(X) if residual else 0)
    (0.5 * ((y - torch.tensor(TARGET)) ** 2).sum()).backward()
    assert weight.grad is not None
    found = weight_gradient(X, block(residual).forward(X) - TARGET)
    np.testing.assert_allclose(found, weight.grad.numpy(), atol=1e-15)


def test_a_beginning_is_zero_or_the_same_random_weights() -> None:
    zero = block(bias=[1, 2]).begun(None)
    assert not zero.weight.any()
    assert not zero.bias.any()
    assert zero.residual
    plain, residual = (block(kind).begun(np.random.default_rng(0)) for kind in (False, True))
    np.testing.assert_array_equal(plain.weight, residual.weight)
    assert plain.weight.all()


def test_errors_grow_from_a_rate_of_2_over_the_curvature_on() -> None:
    assert curvature(X) == 2.25
    for rate, grows in ((2 / 2.25 - 0.01, False), (2 / 2.25 + 0.01, True)):
        losses = [value for _, value in descent(block(), X, TARGET, rate, 10)]
        assert (losses[-1] > losses[0]) is grows


def test_plain_and_residual_learn_at_the_same_pace_from_other_starts() -> None:
    losses = {
        kind: [value for _, value in descent(block(kind, np.zeros((2, 2))), X, TARGET, 0.2, 10)]
        for kind in (True, False)
    }
    factor = (1 - 0.2 * (X @ X + 1)) ** 2
    for values in losses.values():
        np.testing.assert_allclose(np.array(values[1:]) / values[:-1], factor)
    assert losses[True][0] < losses[False][0]


def test_a_descent_that_runs_away_ends_and_gives_only_finite_losses() -> None:
    losses = [value for _, value in descent(block(), X * 1000, TARGET, rate=1.0, steps=200)]
    assert len(losses) < 201
    assert np.isfinite(losses).all()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["1", "two"], "every cell needs a number"),
        ([1.0, None], "every cell needs a finite number"),
        ([1.0, float("nan")], "every cell needs a finite number"),
        ([1.0, 1e308], "between -1,000,000 and 1,000,000"),
        ([], "needs 2 numbers, and has 0"),
        ([[1.0, 2.0]], "needs 2 numbers"),
    ],
)
def test_bad_numbers_are_one_sentence(values: object, says: str) -> None:
    with pytest.raises(NumbersRefused, match=says) as caught:
        checked(values, (2,), "Input x")
    assert str(caught.value).startswith("Input x")


def test_good_numbers_come_back_as_they_are() -> None:
    assert checked([["1", 2], [3, -4]], (2, 2), "W").tolist() == [[1, 2], [3, -4]]
