"""Runs train.py of a run folder and times what its progress callback costs in each step, within the real training loop.

    python callback_cost.py RUN_FOLDER

The last line of the output is JSON: {"step_ms": [callback time of each step], "loop_ms": [time from step to step], "waits": [...]}. `waits` names
every call that could wait for a GPU and came from within the callback; there should be none.
"""

import json
import os
import runpy
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1]).resolve()
os.environ["OMP_NUM_THREADS"] = "1"
os.chdir(folder)
sys.path.insert(0, str(folder))

import torch

import tunesmith_trainer

step_ms, loop_ms, waits = [], [], []
inside = 0
spent = 0.0
last_end = None


def timed(method):
    def call(self, *args, **kwargs):
        global inside, spent
        inside += 1
        began = time.perf_counter()
        try:
            return method(self, *args, **kwargs)
        finally:
            spent += time.perf_counter() - began
            inside -= 1

    return call


def ends_step(method):
    """on_log is the last call of a step that is logged; here every step is."""

    def call(self, *args, **kwargs):
        global spent, last_end
        result = method(self, *args, **kwargs)
        if "loss" not in (kwargs.get("logs") or {}):
            return result  # the summary at the end belongs to no step
        now = time.perf_counter()
        if last_end is not None:
            step_ms.append(spent * 1000)
            loop_ms.append((now - last_end) * 1000)
        spent, last_end = 0.0, now
        return result

    return call


def watched(owner, name):
    original = getattr(owner, name)

    def call(*args, **kwargs):
        if inside:
            waits.append(name)
        return original(*args, **kwargs)

    setattr(owner, name, call)


callback = tunesmith_trainer.ProgressCallback
for name in ("on_step_begin", "on_step_end"):
    setattr(callback, name, timed(getattr(callback, name)))
callback.on_log = ends_step(timed(callback.on_log))
for name in ("item", "tolist", "cpu", "numpy", "to", "__float__", "__int__", "__bool__"):
    watched(torch.Tensor, name)
for name in ("synchronize", "max_memory_reserved", "mem_get_info"):
    watched(torch.cuda, name)

sys.argv = ["train.py"]
runpy.run_path(str(folder / "train.py"), run_name="__main__")
print(json.dumps({"step_ms": step_ms, "loop_ms": loop_ms, "waits": waits}))
