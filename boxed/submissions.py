"""Submissions that want marks which they did not earn, or harm: what they do, and their code.

Each takes the place of a whole notebook of lesson 01. `ANSWERS` stands for the cells that answer
all exercises with `cheat`, a name that the code must define.
"""

from dlcourse.exercises import exercises_of_lesson

LESSON = exercises_of_lesson("tensors")
IMPORT = "from dlcourse.exercises import tensors as ex"
HONEST = [
    IMPORT,
    *(
        f"{one.setup_source}{one.solution_source}\nex.{one.name}.check({', '.join(one.names)})"
        for one in LESSON
    ),
]
ANSWERS = [
    IMPORT,
    *(f"ex.{one.name}.check({', '.join('cheat' for _ in one.names)})" for one in LESSON),
]

# What a process that patches things would patch.
_EVERYWHERE = """
import sys, torch, numpy
for module in list(sys.modules.values()):
    for name in {names!r}:
        if hasattr(module, name):
            try:
                setattr(module, name, {value})
            except Exception:
                pass
cheat = lambda *a, **k: 0
"""


def _forged(header: str) -> str:
    """Return code that writes a header of its own to the pipe, for each exercise."""
    return f"""
import json, os, stat
def cheat(*a, **k):
    for fd in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                for name in {[one.name for one in LESSON]!r}:
                    os.write(fd, json.dumps({header.replace("{name!r}", "name")}).encode() + b"\\n")
        except OSError:
            pass
"""


def _told(value: str) -> str:
    """Return code that has JSON of its own packed in the place of each value."""
    return f"""
import sys
told = {value}
sys.modules["dlcourse.grading.wire"]._plain_or_foreign = lambda value, blobs: told
cheat = lambda *a, **k: 0
"""


HOSTILE = {
    "an object that equals everything": """
class E:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
cheat = lambda *a, **k: E()
""",
    "a number that equals everything": """
class E(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return self
    def __abs__(self): return 0.0
    __hash__ = None
cheat = lambda *a, **k: E()
""",
    "a tensor that equals everything": """
import torch
class E(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ("equal", "isclose", "allclose", "eq"):
            return torch.tensor(True)
        return super().__torch_function__(function, types, args, kwargs or {})
cheat = lambda *a, **k: torch.zeros(()).as_subclass(E)
""",
    "a dict that has every key": """
class E(dict):
    def __contains__(self, key): return True
    def __missing__(self, key): return self
    def __iter__(self): return iter(())
cheat = lambda *a, **k: E()
""",
    "a string that equals everything": """
class E(str):
    def __eq__(self, other): return True
    def lower(self): return self
    def split(self): return self
    __hash__ = None
cheat = E("x")
""",
    "an object that lies about its class": """
class E:
    __class__ = property(lambda self: __import__("torch").Tensor)
    def __getattr__(self, name): return lambda *a, **k: self
cheat = lambda *a, **k: E()
""",
    "patches comparisons": _EVERYWHERE.format(
        names=["isclose", "allclose", "equal", "array_equal", "difference", "same"],
        value="(lambda *a, **k: True)",
    ),
    "patches the sentence that tells a difference": _EVERYWHERE.format(
        names=["difference", "_difference", "_number_difference", "_fault"],
        value='(lambda *a, **k: "")',
    ),
    "patches what packs the answers": _EVERYWHERE.format(
        names=["pack", "_plain", "attempt", "asdict"], value="(lambda *a, **k: b'[]')"
    ),
    "patches JSON": _EVERYWHERE.format(names=["dumps", "loads"], value="(lambda *a, **k: '{}')"),
    "writes marks into every open file": """
import json, os
names = {names!r}
for fd in range(0, 64):
    try:
        for name in names:
            body = b"passed"
            head = json.dumps(dict(exercise=name, what="passed", size=len(body), outcome="passed"))
            os.write(fd, head.encode() + b"\\n" + body)
    except OSError:
        pass
os._exit(0)
""".replace("{names!r}", repr([one.name for one in LESSON])),
    "says that nothing was asked": """
import json, os
for fd in range(3, 64):
    try:
        for name in {names!r}:
            body = b"2\\n[]"
            head = json.dumps(dict(exercise=name, what="behaviors", size=len(body)))
            os.write(fd, head.encode() + b"\\n" + body)
    except OSError:
        pass
os._exit(0)
""".replace("{names!r}", repr([one.name for one in LESSON])),
    "looks for solutions among the modules": """
import gc, importlib, types
found = []
try:
    ex = importlib.import_module("dlcourse.exercises.tensors")
    found += [one.answer for one in ex.EXERCISES]
except Exception:
    pass
found += [one for one in gc.get_objects() if isinstance(one, types.FunctionType)
          and one.__name__ in {names!r}]
cheat = found[0] if found else (lambda *a, **k: None)
""".replace("{names!r}", repr([one.name for one in LESSON])),
    "takes the solution from the exercise": """
from dlcourse.exercises import tensors as ex
cheat = getattr(ex.squared_error, "answer", None) or (lambda *a, **k: None)
""",
    "replaces the check": """
class Ex:
    def __getattr__(self, name): return self
    def check(self, *a): return "passed"
ex = Ex()
cheat = lambda *a, **k: None
""",
    "leaves": "raise SystemExit(0)",
    "leaves at once": "import os\nos._exit(0)\ncheat = 0",
    "kills itself": "import os, signal\ncheat = os.kill(os.getpid(), signal.SIGKILL)",
    "kills everything": "import os, signal\ncheat = os.kill(-1, signal.SIGKILL)",
    "crashes": "import ctypes\ncheat = ctypes.string_at(0)",
    "never ends": "while True: pass\ncheat = 0",
    "never ends, and hears no signal": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True: pass
cheat = 0
""",
    "sleeps": "import time\ncheat = time.sleep(10_000)",
    "recurs": "import sys\nsys.setrecursionlimit(10**9)\ndef cheat(*a): return cheat(*a)",
    "takes all memory": "cheat = bytearray(b'x') * (100 << 30)",
    "takes all memory, bit by bit": "cheat = []\nwhile True: cheat.append(bytearray(50 << 20))",
    "forks without end": """
import os
def cheat(*a, **k):
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    "starts threads without end": """
import threading, time
def cheat(*a, **k):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(1000,)).start()
        except RuntimeError:
            return 0
""",
    "fills its disk": """
def cheat(*a, **k):
    for n in range(10_000):
        with open(f"/tmp/{n}", "wb") as file:
            file.write(bytes(4 << 20))
""",
    "floods what comes out": "cheat = lambda *a, **k: 'x' * (500 << 20)",
    "floods the terminal": "def cheat(*a, **k):\n    for _ in range(10**6): print('x' * 1000)",
    "a list in itself": "x = []\nx.append(x)\ncheat = lambda *a, **k: x",
    "a list as deep as can be": """
def cheat(*a, **k):
    x = []
    for _ in range(10**6): x = [x]
    return x
""",
    "a text that never ends": """
class E:
    def __repr__(self):
        while True: pass
cheat = lambda *a, **k: E()
""",
    "an object that runs code where it is read": """
class E:
    def __reduce__(self): return (__import__("os").system, ("touch /tmp/read",))
cheat = lambda *a, **k: E()
""",
    "an error whose text raises": """
class E(Exception):
    def __str__(self): raise SystemExit
def cheat(*a, **k): raise E
""",
    "stops by hand": "def cheat(*a, **k): raise KeyboardInterrupt",
    "closes every file": "import os\nos.closerange(0, 1024)\ncheat = lambda *a, **k: 0",
    "lifts its limits": """
import resource
for kind in range(16):
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)
    except (OSError, ValueError):
        pass
cheat = bytearray(b"x") * (20 << 30)
""",
    "leaves a process behind": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    os._exit(0)
cheat = lambda *a, **k: 0
""",
    "leaves threads behind that patch": """
import threading, sys
def patch():
    while True:
        for name in ("dlcourse.grading.wire", "dlcourse.checking.trial"):
            vars(sys.modules[name])["same"] = lambda *a: True
threading.Thread(target=patch, daemon=True).start()
cheat = lambda *a, **k: 0
""",
    "debugs its parent": """
import ctypes, os
libc = ctypes.CDLL(None)
got = [libc.ptrace(16, pid, 0, 0) for pid in range(1, 50) if pid != os.getpid()]
cheat = lambda *a, **k: got
""",
    "takes memory that is shared": """
import mmap
m = mmap.mmap(-1, 100 << 30)
for place in range(0, len(m), 4096): m[place] = 1
cheat = lambda *a, **k: 0
""",
    "takes memory as files without a name": """
import os
files = [os.memfd_create("x") for _ in range(50)]
cheat = [os.write(file, bytes(8 << 20)) for file in files for _ in range(8)]
""",
    "sends a size that is no number": _forged(
        'dict(exercise={name!r}, what="behaviors", size=1e999)'
    ),
    "sends a header that is a list": _forged("[1] * 100"),
    "sends a shape that no tensor has": _told(
        '{"is": "tensor", "dtype": "bool", "shape": [0] + [4 << 20] * 9}'
    ),
    "sends keys that are all in one place": _told(
        '{"dict": [[{"int": hex(n * (2**61 - 1))}, None] for n in range(100_000)]}'
    ),
    "sends half a letter": "def cheat(*a, **k):\n    print('\\ud800')\n    return '\\ud800'",
}

# What is stopped only when the time of each answer is up.
WAITED_FOR = {
    "sleeps",
    "forks without end",
    "floods what comes out",
    "floods the terminal",
    "a list as deep as can be",
    "a text that never ends",
}
assert set(HOSTILE) >= WAITED_FOR
