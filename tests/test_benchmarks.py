"""`make bench`, on less data: every metric has its name and means what it says."""

import json
import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

import benchmarks.__main__ as bench
import nbformat
import pytest
import torch
from benchmarks.checks import time_checks
from benchmarks.clocks import error_percent
from benchmarks.grading import Grading, exercises, write_class
from benchmarks.imports import import_milliseconds
from benchmarks.limit import epoch_over_limit, multiplications
from benchmarks.load import busy_seconds_of_others
from benchmarks.mnist import Comparison, UsualTraining, compare, make_network, standardize
from benchmarks.suite import script_seconds, suite_over_scripts
from torch.utils.data import SequentialSampler
from torch.utils.flop_counter import FlopCounterMode

from dlcourse.data import load_mnist
from dlcourse.errors import CourseError
from dlcourse.exercises import catalog
from dlcourse.grading.collect import collect
from dlcourse.grading.submission import read_submission

CPU = torch.device("cpu")


def test_the_speedup_is_that_of_16_usual_epochs() -> None:
    assert Comparison(usual_epoch=5.0, fast=2.0, accuracies=[]).speedup == 40.0


def test_both_trainings_are_timed_with_as_many_seeds_as_asked() -> None:
    result = compare(CPU, n_train=5000, target=0.6, n_seeds=2)
    assert result.usual_epoch > 0
    assert result.fast > 0
    assert len(set(result.accuracies)) == 2, "the seeds make no difference"
    assert all(0.6 <= accuracy < 1 for accuracy in result.accuracies)


def test_a_fast_training_that_misses_its_accuracy_has_no_time() -> None:
    with pytest.raises(CourseError, match=r"ended at \d\d\.\d\d% with seed 0, below 99\.90%"):
        compare(CPU, n_train=500, target=0.999, n_seeds=1)


def test_the_usual_training_is_that_of_the_tutorials() -> None:
    usual = UsualTraining(CPU, n_train=1000)
    images, labels = load_mnist(train=True)
    X, y = next(iter(usual.loader))
    torch.testing.assert_close(X.squeeze(1), images[:64] / 255)
    assert torch.equal(y, labels[:64])
    assert isinstance(usual.loader.sampler, SequentialSampler)
    assert len(usual.loader) == 16
    assert isinstance(usual.optimizer, torch.optim.Adam)
    assert usual.optimizer.defaults["lr"] == 0.01


def test_the_network_is_784_128_256_10_with_relu() -> None:
    model = make_network()
    shapes = [tuple(weights.shape) for weights in model.parameters() if weights.ndim == 2]
    assert shapes == [(128, 784), (256, 128), (10, 256)]
    assert [type(layer) for layer in model].count(torch.nn.ReLU) == 2
    assert model(torch.zeros(3, 28, 28)).shape == (3, 10)


def test_standardized_images_have_mean_0_and_spread_1() -> None:
    images, _ = load_mnist(train=True)
    X = standardize(images)
    assert X.dtype == torch.float32
    assert X.mean().item() == pytest.approx(0, abs=1e-3)
    assert X.std().item() == pytest.approx(1, abs=1e-3)
    assert images.dtype == torch.uint8


def test_an_import_takes_what_the_module_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sleepy.py").write_text("import time\ntime.sleep(0.2)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert import_milliseconds("sleepy", runs=1) >= 200
    (tmp_path / "sleepy_.py").write_text("")
    assert import_milliseconds("sleepy_", runs=3) < 100


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the benchmarks small; return the notebook of their only lesson, yet to be written."""
    lesson = tmp_path / "07_short.ipynb"
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    monkeypatch.setattr(bench, "RESULTS", tmp_path / ".bench" / "results.json")
    monkeypatch.setattr(bench, "list_lessons", lambda: [lesson])
    monkeypatch.setattr(bench, "error_percent", partial(error_percent, rounds=1))
    monkeypatch.setattr(bench, "compare", partial(compare, n_train=5000, target=0.5, n_seeds=1))
    small_limit = partial(epoch_over_limit, n_train=1000, rounds=1)
    monkeypatch.setattr(bench, "epoch_over_limit", small_limit)
    monkeypatch.setattr(bench, "catalog", lambda: list(catalog())[:2])
    suite = partial(suite_over_scripts, tests=("-n0", "tests/test_measurements.py"))
    monkeypatch.setattr(bench, "suite_over_scripts", suite)
    monkeypatch.setattr(bench, "time_grading", lambda n: Grading(n / 1e4, 2.0, 1500.0))
    return lesson


def write_notebook(path: Path, source: str) -> None:
    cells = [nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def test_the_table_and_the_file_have_the_same_metrics(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_notebook(small, "import time; time.sleep(0.3)")
    assert bench.main() == 0
    results = json.loads(bench.RESULTS.read_text())
    assert {"system", "python", "torch", "cores", "device"} <= results["machine"].keys()
    metrics = results["metrics"]
    assert sorted(metrics) == [
        "check.first_ms",
        "check.p50_ms",
        "check.p95_ms",
        "grade.doubling",
        "grade.peak_mb",
        "grade.seconds_per_submission",
        "import_dlcourse_ms",
        "lesson.07.peak_mb",
        "lesson.07.seconds",
        *[f"mnist.epoch_over_limit_{n}" for n in sorted({1, torch.get_num_threads()})],
        "mnist.plain_epoch_seconds",
        "mnist.seconds_to_97.1",
        "mnist.speedup",
        "suite.over_scripts",
        "timing.error_percent",
    ]
    assert metrics["lesson.07.seconds"] >= 0.3
    assert metrics["lesson.07.peak_mb"] > 20
    ratio = 16 * metrics["mnist.plain_epoch_seconds"] / metrics["mnist.seconds_to_97.1"]
    assert metrics["mnist.speedup"] == pytest.approx(ratio)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    table = {row[0]: row[1] for row in rows if row[0] in metrics}
    assert table == {name: f"{value:.2f}" for name, value in metrics.items()}


def test_a_part_that_fails_is_named_and_the_others_are_measured(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_notebook(small, "1 / 0")
    assert bench.main() == 1
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if line.startswith("benchmarks: ")]) == 2
    lesson = "07_short cannot be timed, since cell 1 raised ZeroDivisionError"
    assert told[0].startswith(f"benchmarks: 07_short: {lesson}")
    results = json.loads(bench.RESULTS.read_text())
    assert results["failed"].keys() == {"07_short", "suite"}, "the script of the lesson fails, too"
    assert results["to_do"] == []
    assert "mnist.speedup" in results["metrics"]
    assert not [name for name in results["metrics"] if name.startswith("lesson")]


def test_what_is_known_is_written_at_once(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_notebook(small, "1")

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "measure_training", stop)
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    results = json.loads(bench.RESULTS.read_text())
    assert results["metrics"].keys() == {
        "import_dlcourse_ms",
        "lesson.07.seconds",
        "lesson.07.peak_mb",
    }
    assert results["to_do"] == ["training", "limit", "checks", "timing", "suite", "grading"]
    assert "lesson.07.seconds" in capsys.readouterr().out


def test_other_programs_are_told(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not small.exists()
    clock = iter([0.0, 0.0, 0.0, 100.0])  # seconds of others, in turn before and after a part
    monkeypatch.setattr(bench, "busy_seconds_of_others", lambda: next(clock))
    monkeypatch.setattr(bench, "parts", lambda: {"quiet": list, "loud": list})
    assert bench.main() == 0
    results = json.loads(bench.RESULTS.read_text())
    assert results["cores_of_others"]["quiet"] == 0
    assert results["cores_of_others"]["loud"] > 1
    assert capsys.readouterr().out.count("Meanwhile other programs took") == 1


def test_the_work_of_others_is_what_is_neither_idle_nor_our_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Spent(NamedTuple):
        user: float = 50.0
        system: float = 20.0
        idle: float = 1000.0
        iowait: float = 300.0
        steal: float = 7.0
        guest: float = 4.0  # which `user` has in it

    own = os.times_result((10.0, 1.0, 20.0, 2.0, 5000.0))  # the last is the time of day
    monkeypatch.setattr("psutil.cpu_times", Spent)
    monkeypatch.setattr("os.times", lambda: own)
    assert busy_seconds_of_others() == 50 + 20 + 7 - (10 + 1 + 20 + 2)


def test_checks_are_timed_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a machine with a GPU, slopes cannot be computed in the fork of a process that has done so.
    monkeypatch.setattr("os.fork", None, raising=False)
    waits = time_checks(list(catalog())[:10])
    assert 0 < waits.p50 < waits.p95 < 1000
    assert waits.first > waits.p50


def test_the_multiplications_of_an_epoch_are_those_of_its_products() -> None:
    model = make_network()
    X = torch.zeros(4, 28, 28)
    with FlopCounterMode(display=False) as counter:
        model(X).sum().backward()
    assert 2 * multiplications(model, n_samples=4) == counter.get_total_flops()


def test_an_epoch_takes_longer_than_its_limit_and_leaves_the_threads_as_they_were() -> None:
    before = torch.get_num_threads()
    assert 1 < epoch_over_limit(CPU, 1, n_train=2000, rounds=1) < 1000
    assert torch.get_num_threads() == before


def test_a_script_runs_what_the_notebook_runs(tmp_path: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell("import time, inspect\ndef f():\n    return 1"),
        nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        nbformat.v4.new_code_cell("time.sleep(0.3)\nassert 'return 1' in inspect.getsource(f)"),
    ]
    notebook = tmp_path / "some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    assert 0.3 < script_seconds(notebook) < 60
    assert list(tmp_path.iterdir()) == [notebook]


def test_a_script_that_fails_has_no_time(tmp_path: Path) -> None:
    write_notebook(tmp_path / "some.ipynb", "print('so far'); 1 / 0")
    with pytest.raises(CourseError, match=r"some fails.*(?s:.*)ZeroDivisionError"):
        script_seconds(tmp_path / "some.ipynb")


def test_the_class_that_is_graded_hands_in_different_notebooks(tmp_path: Path) -> None:
    write_class(tmp_path, 8)
    found, refused = collect(tmp_path)
    assert len({one.who for one in found}) == len({one.digest for one in found}) == 8
    assert not refused
    names = {one.name for one in exercises()}
    for one in found:
        submission = read_submission(one.path, names)
        assert {answer.exercise for answer in submission.answers} == names
        assert not submission.broken
