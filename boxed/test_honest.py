"""Right answers pass however students write their notebooks: what a kernel takes, the box does."""

import pytest

from box_fixtures import Grade
from submissions import IMPORT

CHECK = "ex.squared_error.check(squared_error)"
BODY = "return ((y_hat.flatten() - y) ** 2).mean()"
DEF = f"def squared_error(y_hat, y):\n    {BODY}"

# Each is a notebook with a right answer to one exercise.
NOTEBOOKS: dict[str, list[str]] = {
    "helper in a cell above": [
        "import torch as T",
        "def flat(t):\n    return T.flatten(t)",
        "def squared_error(y_hat, y):\n    return ((flat(y_hat) - y) ** 2).mean()",
        CHECK,
    ],
    "helper in the cell below": [
        "def squared_error(y_hat, y):\n    return ((flat(y_hat) - y) ** 2).mean()",
        f"def flat(t): return t.flatten()\n{CHECK}",
    ],
    "answer in a later cell": [CHECK, DEF],
    "other name": [DEF.replace("squared_error", "mse"), "ex.squared_error.check(mse)"],
    "star": ["from torch import *", f"answer = lambda a, b: mean(square(flatten(a) - b))\n"
             "ex.squared_error.check(answer)", "mean = 3"],
    "builtin that a later cell hides": [
        "def squared_error(y_hat, y): return sum((y_hat.flatten() - y) ** 2) / len(y)", CHECK,
        "sum = 0", "len = y = 1",
    ],
    "name that is used again": [
        "t = 2", "power = t + 0", "import torch\nt = torch.zeros(3)",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "value made from itself": [
        "power = 1", "power = power + 1",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "function that is wrapped": [
        "import functools", DEF, "squared_error = functools.lru_cache(squared_error)", CHECK,
    ],
    "value that a loop makes": [
        "power = 0", "for _ in range(2):\n    power += 1",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "list that a loop fills": [
        "steps, names = [], {}",
        "steps.append(lambda t: t.flatten())",
        "for n, name in enumerate(['mean', 'sum']):\n    names[name] = n",
        "def squared_error(y_hat, y):\n    assert names['sum'] == 1\n"
        "    return ((steps[0](y_hat) - y) ** 2).mean()",
        CHECK,
    ],
    "value that a condition replaces": [
        "power, flag = 2, False", "if flag:\n    power = 3",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "function called above with other helpers": [
        "def p(): return q()", "def q(): return 2", "power = p()", "def q(): return 0",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "dataclass": [
        "from __future__ import annotations\nfrom dataclasses import dataclass",
        "@dataclass\nclass Power:\n    n: int = 2",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** Power().n).mean()\n"
        f"{CHECK}",
    ],
    "class that is pickled": [
        "import pickle",
        "class Power:\n    n = 2",
        "def squared_error(y_hat, y):\n    p = pickle.loads(pickle.dumps(Power()))\n"
        f"    return ((y_hat.flatten() - y) ** p.n).mean()\n{CHECK}",
    ],
    "magics": [
        f"%%time\n%matplotlib inline\nfiles = !ls\n{DEF}\n    # is this right?\n"
        f"if True:\n    !pip list\ntorch.sum?\n{CHECK}"
    ],
    "question in a comment beside a magic": [
        f"%load_ext autoreload\ndef squared_error(y_hat, y):\n    # why the mean?\n    {BODY}\n{CHECK}"
    ],
    "another language": ["%%bash\nls | wc -l > x", f"{DEF}\n{CHECK}"],
    "prints and displays": [
        f"def squared_error(y_hat, y):\n    print(y)\n    display(y)\n    {BODY}\n{CHECK}"
    ],
    "plot": [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        f"def squared_error(y_hat, y):\n    plt.figure()\n    plt.plot(y)\n    {BODY}\n{CHECK}",
    ],
    "file in the working folder": [
        "import torch, pathlib",
        "def squared_error(y_hat, y):\n    torch.save(y, 'y.pt')\n    pathlib.Path('d').mkdir(exist_ok=True)\n"
        f"    y = torch.load('y.pt')\n    {BODY}\n{CHECK}",
    ],
    "threads": [
        "from concurrent.futures import ThreadPoolExecutor",
        "def squared_error(y_hat, y):\n    with ThreadPoolExecutor(4) as pool:\n"
        "        parts = list(pool.map(lambda p: (p[0] - p[1]) ** 2, zip(y_hat.flatten(), y)))\n"
        f"    return sum(parts) / len(parts)\n{CHECK}",
    ],
    "recursion": [
        "def total(t):\n    return t[0] + total(t[1:]) if len(t) else 0",
        "def squared_error(y_hat, y):\n    return total((y_hat.flatten() - y) ** 2) / len(y)\n" + CHECK,
    ],
    "check called twice": [DEF, CHECK, CHECK],
    "check whose result is kept": [DEF, f"result = {CHECK}"],
    "check in a condition": [f"if True:\n    def squared_error(y_hat, y):\n        {BODY}\n    {CHECK}"],
    "error in a cell above": ["power = 2\npower.flatten()\n", "power.extend([1])",
        f"def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()\n{CHECK}",
    ],
    "lesson's data": [
        "from dlcourse.data import load_fashion900\nX_train, y_train = load_fashion900()\nn = len(X_train)",
        f"def squared_error(y_hat, y):\n    assert n == len(X_train)\n    {BODY}\n{CHECK}",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_right_answer_passes_however_it_is_written(kind: str, grade: Grade) -> None:
    result = grade(IMPORT, *NOTEBOOKS[kind])["squared_error"]
    assert (result.outcome, result.message) == ("passed", "")
