"""Runs device_settings() of a generated train.py as if on GPUs of several generations: python device_branches.py TRAIN.py

There is no GPU here, so PyTorch's answers about one are replaced; which settings follow from them is the script's own.
Prints {"7.5": {...}, "8.0": {...}, "9.0": {...}, "cpu": {...}, "cloud": {...}, "rank 1": {...}, "none": error}: "cloud" is a rented
machine without a GPU, "rank 1" the second process of one with GPUs.
"""

import json
import os
import runpy
import sys
import types

import torch

sys.modules["unsloth"] = types.ModuleType("unsloth")  # it looks for a GPU while it loads


def settings(kind: str) -> dict:
    script = runpy.run_path(sys.argv[1], run_name="not_main")
    script["JOB"]["device"] = {"kind": kind, "threads": 1, "gpuUuid": "GPU-0"}
    events = types.SimpleNamespace(warning=lambda code, message: None)
    return script["device_settings"](events)


sys.path.insert(0, sys.argv[1].rsplit("/", 1)[0])
result = {"cpu": settings("cpu"), "cloud": settings("cloud")}
try:
    settings("cuda")
except RuntimeError as error:
    result["none"] = str(error)
torch.cuda.is_available = lambda: True
torch.cuda.get_device_name = lambda index: "Some GPU"
for capability in ((7, 5), (8, 0), (9, 0)):
    torch.cuda.get_device_capability = lambda index, found=capability: found
    result[".".join(map(str, capability))] = settings("cuda")
os.environ["LOCAL_RANK"] = "1"
result["rank 1"] = settings("cloud")
print(json.dumps(result))
