"""The training loop, held against NumPy, against torch's own loader and against lesson 05."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dlcourse import training
from dlcourse.training import TensorLoader, evaluate, fit, train_epoch
from lesson_code import check_lesson_builds


def random_data(n_samples: int = 10, n_features: int = 5) -> tuple[Tensor, Tensor]:
    """Return float64 inputs (N, features) and labels (N,) of three classes."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n_samples, n_features, generator=generator, dtype=torch.float64)
    return X, torch.randint(3, (n_samples,), generator=generator)


def linear_model(n_features: int = 5) -> nn.Module:
    """Return one layer in float64 whose weights depend on no seed."""
    model = nn.Linear(n_features, 3).double()
    with torch.no_grad():
        model.weight.copy_(torch.arange(3 * n_features).reshape(3, n_features).sin())
        model.bias.copy_(torch.tensor([0.1, -0.2, 0.3]))
    return model


def numpy_loss_and_gradients(
    weight: np.ndarray, bias: np.ndarray, X: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean cross-entropy of a linear model and its two gradients, by their formulas."""
    logits = X @ weight.T + bias
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    error = (p - np.eye(3)[y]) / len(y)
    return loss, error.T @ X, error.sum(axis=0)


def test_evaluate_counts_samples_not_batches_when_the_last_batch_is_short() -> None:
    rng = np.random.default_rng(0)
    logits, y = rng.normal(size=(10, 3)), rng.integers(3, size=10)
    right = logits.argmax(axis=1) == y
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(10), y]

    data = TensorDataset(torch.from_numpy(logits), torch.from_numpy(y))
    unchanged = nn.Linear(3, 3, bias=False).double()
    nn.init.eye_(unchanged.weight)
    result = evaluate(unchanged, DataLoader(data, batch_size=4))

    assert result.accuracy == pytest.approx(right.mean())
    assert result.loss == pytest.approx(losses.mean())
    by_batch = np.mean([part.mean() for part in np.split(right, [4, 8])])
    assert by_batch != pytest.approx(right.mean()), "these data cannot show the usual bug"


@pytest.mark.parametrize("was_training", [True, False])
def test_evaluate_switches_dropout_off_and_leaves_the_mode_as_it_was(*, was_training: bool) -> None:
    X, y = random_data()
    model = nn.Sequential(linear_model(), nn.Dropout(0.5)).train(was_training)

    result = evaluate(model, TensorLoader(X, y, 4))

    assert result.loss == pytest.approx(evaluate(linear_model(), TensorLoader(X, y, 4)).loss)
    assert model.training is was_training
    assert model[1].training is was_training


def test_evaluate_computes_no_gradients_and_restores_the_grad_mode() -> None:
    X, y = random_data()
    model = linear_model()
    evaluate(model, TensorLoader(X, y, 4))
    assert all(p.grad is None for p in model.parameters())
    assert torch.is_grad_enabled()


def test_train_epoch_makes_the_steps_that_numpy_makes() -> None:
    X, y = random_data()
    model = linear_model()
    weight, bias = (p.detach().numpy().copy() for p in model.parameters())
    total = 0.0
    for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
        loss, dw, db = numpy_loss_and_gradients(weight, bias, X[rows].numpy(), y[rows].numpy())
        weight, bias = weight - 0.5 * dw, bias - 0.5 * db
        total += loss * (rows.stop - rows.start)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    mean_loss = train_epoch(model, TensorLoader(X, y, 4, shuffle=False), optimizer)

    trained = [p.detach().numpy() for p in model.parameters()]
    np.testing.assert_allclose(trained[0], weight, rtol=1e-9)
    np.testing.assert_allclose(trained[1], bias, rtol=1e-9)
    assert mean_loss == pytest.approx(total / 10, rel=1e-6)


def test_train_epoch_switches_the_model_to_training() -> None:
    X, y = random_data()
    model = nn.Sequential(linear_model(), nn.Dropout(0.5)).eval()
    train_epoch(model, TensorLoader(X, y, 4), torch.optim.SGD(model.parameters(), lr=0.0))
    assert model.training


def test_train_epoch_steps_the_scheduler_after_every_batch() -> None:
    X, y = random_data()
    model = linear_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    train_epoch(model, TensorLoader(X, y, 4), optimizer, scheduler)
    assert scheduler.get_last_lr() == [0.125]  # three batches


def test_tensor_loader_in_order_gives_the_batches_of_the_usual_loader() -> None:
    X, y = random_data()
    usual = DataLoader(TensorDataset(X, y), batch_size=4)
    ours = TensorLoader(X, y, 4, shuffle=False)
    assert len(ours) == len(usual) == 3
    for (X_ours, y_ours), (X_usual, y_usual) in zip(ours, usual, strict=True):
        torch.testing.assert_close(X_ours, X_usual)
        torch.testing.assert_close(y_ours, y_usual)


def test_tensor_loader_shuffled_gives_every_sample_once_in_a_new_order_each_epoch() -> None:
    X, y = torch.arange(30).reshape(10, 3), torch.arange(10)
    loader = TensorLoader(X, y, 4, seed=3)
    epochs = [list(loader) for _ in range(2)]
    orders = [torch.cat([y for _, y in batches]).tolist() for batches in epochs]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]
    assert all(torch.equal(X_batch[:, 0], 3 * y) for batches in epochs for X_batch, y in batches)


def test_tensor_loader_orders_depend_on_its_own_seed_alone() -> None:
    X = y = torch.arange(10)

    def order(seed: int) -> list[int]:
        return torch.cat([y for _, y in TensorLoader(X, y, 4, seed=seed)]).tolist()

    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = order(0)
        torch.manual_seed(2)
        assert order(0) == first
    assert order(5) != first


def test_fit_learns_what_can_be_learned_and_keeps_one_entry_per_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    X, _ = random_data(200)
    y = X[:, :3].argmax(dim=1)
    model = linear_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    loader = TensorLoader(X, y, 32)

    history = fit(model, loader, optimizer, 20, val_loader=loader)

    lengths = [len(history.train_loss), len(history.val_loss), len(history.val_accuracy)]
    assert lengths == [20, 20, 20]
    assert history.val_accuracy[-1] > 0.95 > history.val_accuracy[0]
    assert history.val_loss[-1] == pytest.approx(evaluate(model, loader).loss)
    printed = capsys.readouterr()
    assert "20/20 epochs" in printed.out
    assert f"validation accuracy {history.val_accuracy[-1]:.1%}" in printed.out
    assert not printed.err


def test_fit_without_validation_data_keeps_the_training_loss_only() -> None:
    X, y = random_data()
    model = linear_model()
    history = fit(model, TensorLoader(X, y, 4), torch.optim.SGD(model.parameters(), lr=0.1), 2)
    assert len(history.train_loss) == 2
    assert history.val_loss == history.val_accuracy == []


def test_lesson_05_builds_the_very_functions_of_this_module() -> None:
    assert check_lesson_builds(training, "05_mnist_mlp.ipynb") == {
        "Evaluation", "History", "evaluate", "fit", "TensorLoader", "train_epoch"
    }  # fmt: skip
