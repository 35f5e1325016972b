"""Python runs this file at its start where this folder is on PYTHONPATH, so each kernel does.

It waits until torch is imported, if ever, and pretends that DLCOURSE_DEVICE is there.
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _TorchFinder:
    """Finds torch, once, and has the device installed as soon as torch is loaded."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "torch":
            return None
        sys.meta_path.remove(cls)
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_and_pretend(module: ModuleType) -> None:
            load(module)
            from pretended_gpu import install  # noqa: PLC0415 - it needs torch

            install(os.environ["DLCOURSE_DEVICE"])

        spec.loader.exec_module = load_and_pretend  # type: ignore[method-assign]
        return spec


if os.environ.get("DLCOURSE_DEVICE") in ("cuda", "mps"):
    sys.meta_path.insert(0, _TorchFinder)
