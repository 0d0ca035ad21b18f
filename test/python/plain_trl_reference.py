"""Plain TRL, written from its documentation and sharing nothing with Tunesmith's generator: the yardstick for its loss curves.

    python plain_trl_reference.py OPTIONS.json

OPTIONS: model, train, eval (null for none), steps, batch, accumulation, learning_rate, warmup, weight_decay, max_length, seed, dropout,
eval_steps, methods, out. The data are single-turn conversations; TRL's own handling of prompt and completion masks the prompt.
Writes {method: {"loss": [[step, value], ...], "eval_loss": [...], "seconds": of the training, "tokens": trained in it}}.
"""

import json
import sys
import tempfile

import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed
from trl import SFTConfig, SFTTrainer

options = json.load(open(sys.argv[1], encoding="utf-8"))
torch.set_num_threads(1)


def prompt_completion(path):
    dataset = load_dataset("json", data_files=path, split="train", cache_dir=tempfile.mkdtemp())
    return dataset.map(
        lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]}, remove_columns=["messages"]
    )


def curves(method):
    arguments = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        max_steps=options["steps"],
        per_device_train_batch_size=options["batch"],
        per_device_eval_batch_size=options["batch"],
        gradient_accumulation_steps=options["accumulation"],
        learning_rate=options["learning_rate"],
        lr_scheduler_type="cosine",
        warmup_steps=options["warmup"],
        weight_decay=options["weight_decay"],
        max_length=options["max_length"],
        seed=options["seed"],
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        logging_steps=1,
        save_strategy="no",
        eval_strategy="steps" if options["eval"] else "no",
        eval_steps=options["eval_steps"],
        eval_on_start=bool(options["eval"]),
        report_to="none",
    )
    set_seed(options["seed"])
    model = AutoModelForCausalLM.from_pretrained(options["model"], dtype=torch.float32)
    lora = LoraConfig(r=8, lora_alpha=16, lora_dropout=options["dropout"], target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(
        model=model,
        processing_class=AutoTokenizer.from_pretrained(options["model"]),
        args=arguments,
        train_dataset=prompt_completion(options["train"]),
        eval_dataset=prompt_completion(options["eval"]) if options["eval"] else None,
        peft_config=lora if method == "lora" else None,
    )
    trainer.train()
    history = trainer.state.log_history
    found = {key: [[entry["step"], entry[key]] for entry in history if key in entry] for key in ("loss", "eval_loss")}
    tokens = next(entry["num_tokens"] for entry in reversed(history) if "loss" in entry)
    return {**found, "seconds": history[-1]["train_runtime"], "tokens": tokens}


json.dump({method: curves(method) for method in options["methods"]}, open(options["out"], "w", encoding="utf-8"))
