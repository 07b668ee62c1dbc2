import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_viz.arithmetic import Floats, descent, jacobian, loss, stacked
from resnet_viz.convolution_arithmetic import Convolution, kernel_gradient, patches, sharpest_curvature

SOURCE = np.random.default_rng(2)
PICTURE, KERNEL, GRAD = (SOURCE.normal(size=size) for size in ((5, 5), (3, 3), (5, 5)))
KINDS = pytest.mark.parametrize("residual", [True, False])


def torch_block(x: torch.Tensor, kernel: torch.Tensor, residual: bool) -> torch.Tensor:
    y = functional.conv2d(x[None, None], kernel[None, None], padding=1)[0, 0]
    return y + x if residual else y


@KINDS
def test_forward_and_backward_are_those_of_torch(residual: bool) -> None:
    leaf = torch.tensor(PICTURE, requires_grad=True)
    y = torch_block(leaf, torch.tensor(KERNEL), residual)
    y.backward(torch.tensor(GRAD))
    assert leaf.grad is not None
    made = Convolution(KERNEL, residual)
    np.testing.assert_allclose(made.forward(PICTURE), y.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(made.backward(GRAD), leaf.grad.numpy(), atol=1e-12)


@KINDS
def test_the_jacobian_is_that_of_autograd(residual: bool) -> None:
    expected = torch.autograd.functional.jacobian(
        lambda x: torch_block(x, torch.tensor(KERNEL), residual), torch.tensor(PICTURE)
    )
    found = jacobian(Convolution(KERNEL, residual), (5, 5))
    np.testing.assert_allclose(found, expected.numpy().reshape(25, 25), atol=1e-12)


def test_the_shortcut_adds_the_identity_to_the_jacobian() -> None:
    both = [jacobian(Convolution(KERNEL, residual), (5, 5)) for residual in (True, False)]
    np.testing.assert_allclose(both[0] - both[1], np.eye(25), atol=1e-15)


@KINDS
def test_a_step_of_descent_is_that_of_sgd(residual: bool) -> None:
    target = GRAD
    kernel = torch.tensor(KERNEL, requires_grad=True)
    optimizer = torch.optim.SGD([kernel], lr=0.01)
    for made, now in descent(Convolution(KERNEL, residual), PICTURE, target, 0.01, 4):
        np.testing.assert_allclose(made.kernel, kernel.detach().numpy())
        value = 0.5 * ((torch_block(torch.tensor(PICTURE), kernel, residual) - torch.tensor(target)) ** 2).sum()
        np.testing.assert_allclose(now, value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()


def test_the_gradient_of_the_kernel_by_hand() -> None:
    picture, error = np.zeros((5, 5)), np.zeros((5, 5))
    picture[1, 3], error[2, 2] = 5.0, 2.0  # one row above, one column to the right of the only error
    assert kernel_gradient(picture, error).tolist() == [[0, 0, 10], [0, 0, 0], [0, 0, 0]]


def test_a_stack_gives_the_gradient_of_autograd() -> None:
    leaf = torch.tensor(PICTURE, requires_grad=True)
    y = leaf
    for _ in range(3):
        z = torch_block(y, torch.tensor(KERNEL), True)
        y = z / z.norm()
    y.sum().backward()
    assert leaf.grad is not None
    norms = stacked(Convolution(KERNEL), PICTURE, np.ones((5, 5)), 3, "normalise")
    np.testing.assert_allclose(norms.backward[0], np.linalg.norm(leaf.grad.numpy()))


def test_patches_lie_around_their_pixel_with_zeros_outside() -> None:
    picture: Floats = np.arange(1.0, 26).reshape(5, 5)
    assert patches(picture)[0, 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 6, 7]]
    assert patches(picture)[2, 2].tolist() == [[7, 8, 9], [12, 13, 14], [17, 18, 19]]


def test_a_kernel_of_zeros_learns_the_picture_at_once_behind_a_shortcut() -> None:
    zero = np.zeros((3, 3))
    assert loss(Convolution(zero, residual=True), PICTURE, PICTURE) == 0
    assert loss(Convolution(zero, residual=False), PICTURE, PICTURE) > 1


def test_descent_runs_away_from_2_over_the_sharpest_curvature_on() -> None:
    limit = 2 / sharpest_curvature(PICTURE)
    for rate, grows in ((0.9 * limit, False), (1.1 * limit, True)):
        losses = [value for _, value in descent(Convolution(np.zeros((3, 3))), PICTURE, GRAD, rate, 100)]
        assert (losses[-1] > losses[0]) is grows


def test_a_scaled_branch_leaves_the_shortcut_as_it_is() -> None:
    made = Convolution(KERNEL).scaled(0.5)
    np.testing.assert_allclose(made.forward(PICTURE), PICTURE + 0.5 * Convolution(KERNEL).branch(PICTURE))
    assert Convolution(KERNEL).begun(None).kernel.tolist() == np.zeros((3, 3)).tolist()
