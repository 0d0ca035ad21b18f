"""Verify a Tunesmith environment: versions, imports, and one training step on the chosen device.

Prints one JSON object: {"ok", "python", "packages", "torch", "device", "problems": [{"code", "message"}]}.
Run by the app after an installation, and by hand:

    python verify_environment.py --profile cpu --lock cpu.txt
"""

import argparse
import importlib
import json
import os
import platform
import re
import sys
from importlib import metadata

os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# In this order: unsloth patches the others and wants to be first.
IMPORTS = ("unsloth", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "bitsandbytes")


def locked_versions(lock_path: str) -> dict[str, str]:
    """Name to version of every pinned line whose marker fits this system."""
    pins = {}
    with open(lock_path, encoding="utf-8") as lines:
        for line in lines:
            requirement, _, marker = line.split("#")[0].partition(";")
            match = re.fullmatch(r"\s*([A-Za-z0-9_.-]+)==(\S+)\s*", requirement)
            if match and (not marker.strip() or repr(sys.platform)[1:-1] in marker):
                pins[canonical(match.group(1))] = match.group(2)
    return pins


def hide_gpus(profile: str) -> None:
    """Sets what a run on the CPU gets (electron/process/launch.ts). Libraries read it when they are loaded, so it comes before every import.

    Where an NVIDIA driver is loaded, unsloth refuses a CPU build of torch otherwise.
    """
    if profile == "cpu" or (profile == "existing" and has_cpu_torch()):
        os.environ["UNSLOTH_FORCE_CPU"] = "1"
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def has_cpu_torch() -> bool:
    try:
        return metadata.version("torch").endswith("+cpu")
    except metadata.PackageNotFoundError:
        return False


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def one_step(device: str) -> None:
    """Forward, backward and one optimiser step of a tiny Llama."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
    model = LlamaForCausalLM(config).to(device)
    tokens = torch.arange(16, device=device).reshape(1, 16)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loss = model(input_ids=tokens, labels=tokens).loss
    loss.backward()
    optimizer.step()
    if not torch.isfinite(loss):
        raise RuntimeError(f"the loss of one step was {loss.item()}")


def verify(profile: str, lock_path: str | None) -> dict:
    problems = []
    installed = {canonical(d.metadata["Name"]): d.version for d in metadata.distributions() if d.metadata["Name"]}
    expected = locked_versions(lock_path) if lock_path else {}
    for name, version in expected.items():
        have = installed.get(name)
        if have is None:
            problems.append({"code": "missing-package", "message": f"{name} {version} is not installed"})
        elif have.split("+")[0] != version:
            problems.append({"code": "wrong-version", "message": f"{name} is {have}, expected {version}"})
    for name in IMPORTS:
        try:
            importlib.import_module(name)
        except Exception as error:  # an import may fail in any way; each one is a finding
            problems.append({"code": "import-failed", "message": f"import {name}: {type(error).__name__}: {str(error)[:300]}"})
    try:  # reading `trl` alone does not import its trainers
        from trl import SFTTrainer  # noqa: F401
    except Exception as error:
        problems.append({"code": "import-failed", "message": f"from trl import SFTTrainer: {type(error).__name__}: {str(error)[:300]}"})

    torch_facts, device = None, None
    if "torch" in sys.modules:
        import torch

        torch_facts = {"version": torch.__version__, "cuda": torch.version.cuda, "cudaAvailable": torch.cuda.is_available()}
        if profile == "cpu" and torch.version.cuda is not None:
            problems.append({"code": "cuda-torch-in-cpu", "message": f"torch {torch.__version__} is a CUDA build; the cpu profile takes a CPU build"})
        if profile == "cuda" and not torch.cuda.is_available():
            problems.append({"code": "no-cuda", "message": f"torch {torch.__version__} sees no CUDA device"})
        device = "cuda" if profile != "cpu" and torch.cuda.is_available() else "cpu"
        try:
            one_step(device)
        except Exception as error:
            problems.append({"code": "step-failed", "message": f"one step on {device}: {type(error).__name__}: {str(error)[:300]}"})
    return {"ok": not problems, "python": platform.python_version(), "packages": dict(sorted(installed.items())),
            "torch": torch_facts, "device": device, "problems": problems}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", choices=("cpu", "cuda", "existing"), required=True)
    parser.add_argument("--lock")
    arguments = parser.parse_args()
    hide_gpus(arguments.profile)
    real_stdout, sys.stdout = sys.stdout, sys.stderr  # libraries print banners; the answer stays alone on stdout
    report = verify(arguments.profile, arguments.lock)
    real_stdout.write(json.dumps(report) + "\n")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
