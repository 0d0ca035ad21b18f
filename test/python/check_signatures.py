"""Holds every keyword that a generated train.py passes against the real libraries' signatures, the CUDA branch included.

    python check_signatures.py TRAIN.py...

No GPU is needed: Unsloth's CUDA classes are read as source. Prints {"calls": [[file, function, keyword count]...], "problems": [...]}.
"""

import ast
import dataclasses
import importlib.util
import inspect
import json
import sys
from pathlib import Path

import peft
import transformers
import trl
from transformers.modeling_utils import PreTrainedModel
from transformers.training_args import OptimizerNames

UNSLOTH = Path(importlib.util.find_spec("unsloth").origin).parent
UNSLOTH_CPU = Path(importlib.util.find_spec("unsloth_zoo").origin).parent / "cpu"


def parameters_in_source(path: Path, class_name: str, function: str) -> set[str]:
    """Named parameters of a method, read without importing its module (Unsloth's CUDA modules need a GPU to import)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == function:
                    return {argument.arg for argument in item.args.args + item.args.kwonlyargs}
    raise LookupError(f"{class_name}.{function} is not in {path}")


def parameters(callable_) -> set[str]:
    return set(inspect.signature(callable_).parameters)


def handled_by_from_pretrained() -> set[str]:
    """from_pretrained takes **kwargs; what it knows, it takes out of them by name."""
    tree = ast.parse(inspect.getsource(PreTrainedModel.from_pretrained.__func__).lstrip().replace("\n    ", "\n"))
    names = parameters(PreTrainedModel.from_pretrained)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "get") and node.args:
            if isinstance(node.args[0], ast.Constant):
                names.add(str(node.args[0].value))
    return names


sft_config = {field.name for field in dataclasses.fields(trl.SFTConfig) if field.init}
sft_trainer = parameters(trl.SFTTrainer.__init__)
KNOWN = {
    "SFTConfig": [sft_config],
    "SFTTrainer": [sft_trainer],
    "AutoModelForCausalLM.from_pretrained": [handled_by_from_pretrained()],
    "BitsAndBytesConfig": [parameters(transformers.BitsAndBytesConfig.__init__)],
    "LoraConfig": [{field.name for field in dataclasses.fields(peft.LoraConfig) if field.init}],
    "FastLanguageModel.from_pretrained": [
        parameters_in_source(UNSLOTH / "models" / "loader.py", "FastLanguageModel", "from_pretrained"),
        parameters_in_source(UNSLOTH_CPU / "loader.py", "FastCPUModel", "from_pretrained"),
    ],
    "FastLanguageModel.get_peft_model": [
        parameters_in_source(UNSLOTH / "models" / "llama.py", "FastLlamaModel", "get_peft_model"),
        parameters_in_source(UNSLOTH_CPU / "loader.py", "FastCPUModel", "get_peft_model"),
    ],
    "trainer.train": [parameters(trl.SFTTrainer.train)],
}
OPTIMIZERS = {name.value for name in OptimizerNames}

calls, problems = [], []
for path in sys.argv[1:]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in KNOWN:
            name = ast.unparse(node.func)
            keywords = [keyword.arg for keyword in node.keywords]
            calls.append([path, name, len(keywords)])
            for number, known in enumerate(KNOWN[name]):
                problems += [f"{path}: {name} [{number}] has no {keyword}" for keyword in keywords if keyword not in known]
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and key.value == "optimizer" and ast.literal_eval(value) not in OPTIMIZERS:
                    problems.append(f"{path}: no optimiser is called {ast.unparse(value)}")
print(json.dumps({"calls": calls, "problems": problems}))
