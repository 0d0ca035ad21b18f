"""Fine-tunes the demo model on the sample task and prints how often the held-out answers match, before and after.

    OMP_NUM_THREADS=1 python scripts/demo-model/try_sample_task.py --backend unsloth --method qlora

This is how the numbers in resources/demo-model/preset.json were found. It uses the libraries directly and
nothing of the app. Defaults come from the preset; each can be changed to try another value.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.update(UNSLOTH_DISABLE_STATISTICS="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def parse_options() -> argparse.Namespace:
    preset = json.loads((RESOURCES / "demo-model" / "preset.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("unsloth", "huggingface"), default="unsloth")
    parser.add_argument("--method", choices=("qlora", "lora", "full"), default="qlora")
    parser.add_argument("--model", type=Path, default=RESOURCES / "demo-model")
    parser.add_argument("--data", type=Path, default=RESOURCES / "sample-data")
    parser.add_argument("--learning-rate", type=float, default=preset["learningRate"])
    parser.add_argument("--epochs", type=float, default=preset["epochs"])
    parser.add_argument("--rank", type=int, default=preset["rank"])
    parser.add_argument("--alpha", type=int, default=preset["alpha"])
    parser.add_argument("--batch", type=int, default=preset["microBatch"] * preset["gradientAccumulation"])
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


def load_unsloth(options: argparse.Namespace):
    """The model with its adapter as Unsloth makes it, in float32 on a CPU."""
    import torch
    from unsloth import FastLanguageModel

    model, tokenizer = FastLanguageModel.from_pretrained(
        str(options.model), max_seq_length=512, dtype=torch.float32,
        load_in_4bit=options.method == "qlora", full_finetuning=options.method == "full",
    )
    if options.method != "full":
        model = FastLanguageModel.get_peft_model(
            model, r=options.rank, lora_alpha=options.alpha, lora_dropout=0, bias="none",
            target_modules=PROJECTIONS, use_gradient_checkpointing=False, random_state=options.seed,
        )
    return model, tokenizer, None


def load_huggingface(options: argparse.Namespace):
    """The plain model and the adapter's settings for TRL."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    ) if options.method == "qlora" else None
    model = AutoModelForCausalLM.from_pretrained(
        options.model, dtype=torch.float32, quantization_config=quantization,
        device_map="cpu" if quantization else None,
    )
    # bitsandbytes 0.50.2 repacks 4-bit weights at the first evaluation on a CPU with AVX512-BF16. The packed
    # form has no gradient: training after an evaluation learns nonsense. (Unsloth switches it off by itself.)
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    adapter = None if options.method == "full" else LoraConfig(
        r=options.rank, lora_alpha=options.alpha, lora_dropout=0, target_modules=PROJECTIONS, task_type="CAUSAL_LM",
    )
    return model, AutoTokenizer.from_pretrained(options.model), adapter


def read_rows(path: Path) -> list[list[dict[str, str]]]:
    return [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    options = parse_options()
    began = time.time()
    model, tokenizer, adapter = (load_unsloth if options.backend == "unsloth" else load_huggingface)(options)
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from make_demo_model import answer, encode

    held_out = read_rows(options.data / "held-out.jsonl")

    def exact_match() -> float:
        answers = answer(model, tokenizer, [messages[:-1] for messages in held_out])
        print("   ", held_out[0][-2]["content"], "->", answers[0])
        return sum(text == messages[-1]["content"] for text, messages in zip(answers, held_out)) / len(held_out)

    def tokenize(rows: list[list[dict[str, str]]]) -> Dataset:
        examples = [encode(tokenizer, messages) for messages in rows]
        return Dataset.from_list([{"input_ids": ids, "labels": labels} for ids, labels in examples])

    before = exact_match()
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(
                output_dir=folder, learning_rate=options.learning_rate, num_train_epochs=options.epochs,
                per_device_train_batch_size=options.batch, per_device_eval_batch_size=32, seed=options.seed,
                lr_scheduler_type="cosine", warmup_steps=0.1, bf16=False, use_cpu=True, max_length=512,
                gradient_checkpointing=False, disable_tqdm=True, logging_steps=20, save_strategy="no", report_to="none",
                optim="adamw_torch", loss_type="nll",
            ),
            train_dataset=tokenize(read_rows(options.data / "pirate-answers.jsonl")),
            eval_dataset=tokenize(held_out),
            processing_class=tokenizer,
            peft_config=adapter,
        )
        loss_before = trainer.evaluate()["eval_loss"]
        started = time.process_time()
        trainer.train()
        seconds = time.process_time() - started
        loss_after = trainer.evaluate()["eval_loss"]
    model = trainer.model
    print(json.dumps({
        "backend": options.backend, "method": options.method, "learningRate": options.learning_rate,
        "epochs": options.epochs, "steps": trainer.state.global_step, "trainCpuSeconds": round(seconds, 1),
        "processSeconds": round(time.time() - began, 1), "heldOutLoss": [round(loss_before, 4), round(loss_after, 4)],
        "exactMatch": [round(before, 3), round(exact_match(), 3)],
    }))


if __name__ == "__main__":
    main()
