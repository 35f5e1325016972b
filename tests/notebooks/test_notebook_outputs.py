"""The comparison of outputs: which differences count, which do not, and in which words."""

import pytest
from nbformat import NotebookNode

from notebook_outputs import Promise, TagError, difference, split_warnings
from notebook_samples import code, error, picture, shown, stream

EXACT, CLOSE, FREE = None, 1e-3, float("inf")


SAME = {
    "equal text": ("loss 0.25", "loss 0.25", EXACT),
    "an address in memory": ("<A at 0x7f01>", "<A at 0x7f02>", EXACT),
    "a decimal within the tolerance": ("0.912345", "0.912999", CLOSE),
    "a decimal one unit away in its last digit": ("0.34", "0.35", CLOSE),
    "one unit below zero": ("-0.34", "-0.35", CLOSE),
    "minus zero": ("0.0000", "-0.0000", CLOSE),
    "an exponent, within the tolerance": ("3.5600e-06", "3.5610e-06", CLOSE),
    "an exponent that rounds up": ("9.999e-04", "1.000e-03", CLOSE),
    "one unit, with an exponent": ("1.2e-05", "1.3e-05", CLOSE),
    "a minus sign from a font": ("−1.7714", "−1.7715", CLOSE),
    "thousands, within the tolerance": ("562,122.3", "562,150.1", CLOSE),
    "a bare point that got digits": ("tensor([1., 2.])", "tensor([1.0000, 2.0001])", CLOSE),
    "a bare point in NumPy's way that got digits": ("[1. 2. 3.]", "[1.0001 2. 3.]", CLOSE),
    "padding between columns": ("tensor([1.0, -2.0])", "tensor([ 1.0,  -2.0])", CLOSE),
    "lines broken elsewhere": ("[0.5,\n 0.25]", "[0.5, 0.25]", CLOSE),
    "a float in full": ("0.30000000000000004", "0.3", CLOSE),
    "nan and inf": ("nan inf", "nan inf", CLOSE),
    "any number where numbers are free": ("12.5 ms, 3 runs", "1,980.1 ms, 17 runs", FREE),
}
DIFFERENT = {
    "a digit": ("0.25", "0.26", EXACT),
    "a space": ("a b", "a  b", EXACT),
    "a word": ("loss 0.5", "cost 0.5", CLOSE),
    "a decimal beyond the tolerance": ("0.9123", "0.9143", CLOSE),
    "two units in the last digit": ("0.34", "0.36", CLOSE),
    "an integer": ("60000 images", "60001 images", CLOSE),
    "an integer, against a tolerance that is wider": ("1000", "1001", 1e-2),
    "a bare point, by one": ("tensor([1., 2.])", "tensor([1., 3.])", CLOSE),
    "a bare point in NumPy's way, by one": ("[1. 2. 3.]", "[1. 2. 4.]", CLOSE),
    "an integer at the end of a sentence": ("There are 97.", "There are 98.", 3e-2),
    "a number that lost its point": ("2.0", "2", CLOSE),
    "a sign": ("0.25", "-0.25", CLOSE),
    "an exponent": ("1e-05", "1e-06", CLOSE),
    "two units, with an exponent": ("1.2e-05", "1.4e-05", CLOSE),
    "an exponent, in the only digit": ("1e-05", "2e-05", CLOSE),
    "thousands": ("562,122", "562,123", CLOSE),
    "a dtype": ("torch.float32", "torch.float64", CLOSE),
    "a number that became nan": ("0.25", "nan", CLOSE),
    "inf that became finite": ("inf", "3.4e38", CLOSE),
    "one number more": ("[0.5, 0.5]", "[0.5, 0.5, 0.5]", CLOSE),
    "a word where numbers are free": ("12.5 ms", "12.5 s", FREE),
    "nan where numbers are free": ("12.5 ms", "nan ms", FREE),
}


@pytest.mark.parametrize(("committed", "now", "tolerance"), SAME.values(), ids=SAME)
def test_difference_accepts(committed: str, now: str, tolerance: float | None) -> None:
    assert difference([stream(committed)], [stream(now)], tolerance) == ""
    assert difference([shown(committed)], [shown(now)], tolerance) == ""


@pytest.mark.parametrize(("committed", "now", "tolerance"), DIFFERENT.values(), ids=DIFFERENT)
def test_difference_reports(committed: str, now: str, tolerance: float | None) -> None:
    told = difference([stream(committed)], [stream(now)], tolerance)

    assert told.startswith("stdout differs\n")
    assert f"-{committed}" in told
    assert f"+{now}" in told


def test_difference_names_the_numbers_that_are_too_far() -> None:
    told = difference([shown("a 0.50 b 0.70")], [shown("a 0.51 b 0.73")], CLOSE)

    assert "0.70 is now 0.73" in told
    assert "0.50 is now" not in told


def test_difference_ignores_how_a_stream_is_cut() -> None:
    whole, cut = [stream("one\ntwo\n")], [stream("one\nt"), shown("x"), stream("wo\n")]

    assert difference([*whole, shown("x")], cut, EXACT) == ""


def test_difference_sees_only_what_a_progress_bar_leaves() -> None:
    committed = [stream("100%|##########|\ndone\n")]
    now = [stream("  0%|          |"), stream("\r 50%|#####     |\r100%|##########|\ndone\n")]

    assert difference(committed, now, EXACT) == ""


def test_difference_compares_a_pictures_description_and_not_its_bytes() -> None:
    assert (
        difference([picture("Falls to 0.5")], [picture("Falls to 0.5", pixels="Zm9v")], EXACT) == ""
    )
    told = difference([picture("Falls to 0.5")], [picture("Falls to 0.6")], EXACT)
    assert "text/html differs" in told
    assert "text/plain differs" in told


@pytest.mark.parametrize("mime", ["image/png", "image/svg+xml"])
def test_difference_compares_of_other_pictures_that_they_are_there(mime: str) -> None:
    assert difference([shown("a", mime)], [shown("b", mime)], EXACT) == ""
    assert difference([shown("a", mime)], [], EXACT)


def test_difference_compares_what_stands_for_a_widget_and_not_the_widget() -> None:
    live = shown("A pad with a 4.", "text/plain")
    live.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "another in each run"}
    assert difference([shown("A pad with a 4.", "text/plain")], [live], EXACT) == ""
    assert difference([shown("A pad with a 5.", "text/plain")], [live], EXACT)


def test_difference_compares_what_is_on_stderr() -> None:
    assert "stderr differs" in difference([stream("a", "stderr")], [stream("b", "stderr")], EXACT)


def test_difference_shows_outputs_that_are_missing_or_too_many() -> None:
    missing = difference([stream("a\n"), shown("b")], [stream("a\n")], CLOSE)
    extra = difference([], [shown("b")], FREE)

    for told in missing, extra:
        assert told.startswith("the number or the kind of the outputs differs")
    assert "--- committed, text/plain:\nb" in missing
    assert "--- committed: no output" in extra
    assert "--- now, text/plain:\nb" in extra


def test_difference_compares_the_type_and_the_message_of_an_exception() -> None:
    committed = error("ValueError", "bad shape 3")
    assert difference([committed], [error("ValueError", "bad shape 3")], EXACT) == ""
    assert difference([committed], [error("TypeError", "bad shape 3")], EXACT)
    assert difference([committed], [error("ValueError", "bad shape 4")], EXACT)


@pytest.mark.parametrize(
    "text",
    [
        "/home/ipykernel_7/1.py:1: UserWarning: old\n  f()\n",
        "[W1121 10:00:00.1 A.cpp:3] Warning: old (function f)\n",
        "W1121 10:00:00.100000 4456 torch/a.py:3] old\n",
    ],
    ids=["Python's", "PyTorch's in C++", "PyTorch's in Python"],
)
def test_split_warnings_takes_warnings_out(text: str) -> None:
    outputs, warnings = split_warnings([shown("a"), stream(text, "stderr")])

    assert outputs == [shown("a")]
    assert warnings == text


def test_split_warnings_leaves_other_text_on_stderr() -> None:
    outputs = [shown("a"), stream("Downloading …\n", "stderr")]

    assert split_warnings(outputs) == (outputs, "")


@pytest.mark.parametrize(
    ("cell", "promise"),
    [
        (code("1"), Promise()),
        (code("1", tags=["approx-5e-3"]), Promise(tolerance=5e-3)),
        (code("1", tags=["approx-inf"]), Promise(tolerance=FREE)),
        (code("1", tags=["nbval-ignore-output"]), Promise(ignored=True)),
        (code("1", tags=["raises-exception", "approx-1e-2"]), Promise(1e-2, raises=True)),
        (code("1", tags=["slide", "approx-1e-2"]), Promise(1e-2)),
        (code("1", tags=["no-slide"]), Promise()),
    ],
)
def test_promise_of_reads_the_tags(cell: NotebookNode, promise: Promise) -> None:
    assert Promise.of(cell) == promise


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (code("1", tags=["aprox-1e-3"]), "unknown tags ['aprox-1e-3']"),
        (code("1", tags=["approx-1e3"]), "unknown tags"),
        (code("1", tags=["approx-0.001"]), "unknown tags"),
        (code("1", tags=["nbval-skip"]), "unknown tags"),
        (code("1", tags=["approx-1e-3", "approx-1e-2"]), "contradict"),
        (code("1", tags=["approx-inf", "nbval-ignore-output"]), "contradict"),
        (code("# NBVAL_SKIP\n1"), "use a tag"),
        (code("#PYTEST_VALIDATE_IGNORE_OUTPUT\n1"), "use a tag"),
    ],
)
def test_promise_of_rejects(cell: NotebookNode, words: str) -> None:
    with pytest.raises(TagError) as caught:
        Promise.of(cell)
    assert words in str(caught.value)
