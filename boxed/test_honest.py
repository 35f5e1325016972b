"""Right answers pass however students write their notebooks: what a kernel takes, the box does."""

import pytest

from box_fixtures import Grade
from submissions import IMPORT

# Each is a notebook with a right answer to one exercise, its cells apart by `# %%`. CHECK stands
# for the call of the check, POWER for an answer that uses `power`, BODY for the last line of one.
NOTEBOOKS = {
    "helper in a cell above": """
import torch as T
# %%
def flat(t): return T.flatten(t)
# %%
def squared_error(y_hat, y):
    return ((flat(y_hat) - y) ** 2).mean()
CHECK""",
    "helper in a cell below": """
def squared_error(y_hat, y):
    return ((flat(y_hat) - y) ** 2).mean()
# %%
def flat(t): return t.flatten()
CHECK""",
    "answer in a later cell": """
CHECK
# %%
def squared_error(y_hat, y):
    BODY""",
    "other name": """
def mse(y_hat, y):
    BODY
# %%
ex.squared_error.check(mse)""",
    "all names of torch": """
from torch import *
# %%
answer = lambda a, b: mean(square(flatten(a) - b))
ex.squared_error.check(answer)
# %%
mean = 3""",
    "builtin that a later cell hides": """
def squared_error(y_hat, y):
    return sum((y_hat.flatten() - y) ** 2) / len(y)
CHECK
# %%
sum = len = 0""",
    "name that is used again": """
import torch
t = 2
# %%
power = t + 0
# %%
t = torch.zeros(3)
POWER
CHECK""",
    "value made from itself": """
power = 1
power = power + 1
POWER
CHECK""",
    "function that is wrapped": """
import functools
def squared_error(y_hat, y):
    BODY
# %%
squared_error = functools.lru_cache(squared_error)
CHECK""",
    "value that a loop makes": """
power = 0
for _ in range(2):
    power += 1
# %%
POWER
CHECK""",
    "list and dict that a loop fills": """
steps, names = [], {}
steps.append(lambda t: t.flatten())
for n, name in enumerate(["zero", "one", "power"]):
    names[name] = n
# %%
def squared_error(y_hat, y):
    return ((steps[0](y_hat) - y) ** names["power"]).mean()
CHECK""",
    "value that a condition replaces": """
power = 2
if power > 3:
    power = 3
POWER
CHECK""",
    "function called above with other helpers": """
def p(): return q()
def q(): return 2
power = p()
# %%
def q(): return 0
POWER
CHECK""",
    "dataclass": """
from __future__ import annotations
from dataclasses import dataclass
@dataclass
class Power:
    n: int = 2
# %%
power = Power().n
POWER
CHECK""",
    "class that is pickled": """
import pickle
class Power:
    n = 2
# %%
power = pickle.loads(pickle.dumps(Power())).n
POWER
CHECK""",
    "magics": """
%%time
%matplotlib inline
files = !ls
torch.sum?
if True:
    !pip list
def squared_error(y_hat, y):
    # why the mean?
    BODY
CHECK""",
    "another language": """%%bash
ls | wc -l > x
# %%
power = 2
POWER
CHECK""",
    "prints and displays": """
def squared_error(y_hat, y):
    print(y)
    display(y)
    BODY
CHECK""",
    "plots": """
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
# %%
def squared_error(y_hat, y):
    plt.figure()
    plt.plot(y)
    BODY
CHECK""",
    "files in the working folder": """
import torch
from pathlib import Path
# %%
def squared_error(y_hat, y):
    Path("kept").mkdir(exist_ok=True)
    torch.save(y, "kept/y.pt")
    y = torch.load("kept/y.pt")
    BODY
CHECK""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
# %%
def squared_error(y_hat, y):
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda pair: (pair[0] - pair[1]) ** 2, zip(y_hat.flatten(), y)))
    return sum(parts) / len(parts)
CHECK""",
    "recursion": """
def total(t): return t[0] + total(t[1:]) if len(t) else 0
# %%
def squared_error(y_hat, y):
    return total((y_hat.flatten() - y) ** 2) / len(y)
CHECK""",
    "check called twice": """
power = 2
POWER
CHECK
# %%
CHECK""",
    "check whose result is kept": """
power = 2
POWER
result = CHECK""",
    "check in a block": """
if True:
    def squared_error(y_hat, y):
        BODY
    CHECK""",
    "error in a cell above": """
power = 2
power.flatten()
# %%
power.extend([1])
# %%
POWER
CHECK""",
    "lesson's data": """
from dlcourse.data import load_fashion900
X_train, y_train = load_fashion900()
# %%
power = len(X_train) // 450
POWER
CHECK""",
}
POWER = "def squared_error(y_hat, y):\n    return ((y_hat.flatten() - y) ** power).mean()"
BODY = "return ((y_hat.flatten() - y) ** 2).mean()"
CHECK = "ex.squared_error.check(squared_error)"


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_right_answer_passes_however_it_is_written(kind: str, grade: Grade) -> None:
    text = NOTEBOOKS[kind]
    for word, code in (("POWER", POWER), ("BODY", BODY), ("CHECK", CHECK)):
        text = text.replace(word, code)
    result = grade(IMPORT, *text.split("# %%\n"))["squared_error"]
    assert (result.outcome, result.message) == ("passed", "")
