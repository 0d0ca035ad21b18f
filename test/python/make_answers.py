"""Make models and adapters for the inference tests, and what they must answer, with the libraries alone: make_answers.py TINY_LLAMA OUT

Writes base (float32), full (other weights), bare (no chat template), adapters a and b, wrong (an adapter of another shape), and
expected.json: for each the greedy answer of model.generate and the likelihood of a reference, summed by hand.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

source, out = Path(sys.argv[1]), Path(sys.argv[2])
PROMPT = [{"role": "user", "content": "What does a cow say?"}]
REFERENCE = "A cow says moo."
MAX_NEW_TOKENS = 16
tokenizer = AutoTokenizer.from_pretrained(source)


def load(path):
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()


def save(model, name):
    model.save_pretrained(out / name)
    tokenizer.save_pretrained(out / name)


def make_adapter(model, name, seed):
    torch.manual_seed(seed)
    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    for key, weight in adapted.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(weight, std=0.15)
    adapted.save_pretrained(out / name)


def expected(model, text_prompt):
    prompt = tokenizer(text_prompt)["input_ids"]
    made = model.generate(torch.tensor([prompt]), max_new_tokens=MAX_NEW_TOKENS, do_sample=False, pad_token_id=0)[0, len(prompt):].tolist()
    ended = tokenizer.eos_token_id in made
    answer = made[: made.index(tokenizer.eos_token_id)] if ended else made
    reference = tokenizer(REFERENCE)["input_ids"] + ([] if text_prompt == PROMPT[0]["content"] else [tokenizer.eos_token_id])
    total = 0.0
    for place in range(len(reference)):  # one token at a time, each from its own full pass
        logits = model(torch.tensor([prompt + reference[:place]])).logits[0, -1].double()
        total -= (logits[reference[place]] - torch.logsumexp(logits, 0)).item()
    return {"text": tokenizer.decode(answer, skip_special_tokens=True), "tokens": len(answer), "stopped": "end-of-turn" if ended else "length",
            "nll": total / len(reference), "referenceTokens": len(reference)}


with torch.no_grad():
    save(load(source), "base")
    full = load(source)
    torch.manual_seed(3)
    for weight in full.parameters():
        weight.add_(torch.randn_like(weight) * 0.02)
    save(full, "full")
    shutil.copytree(out / "base", out / "bare")
    (out / "bare" / "chat_template.jinja").unlink()
make_adapter(load(out / "base"), "a", 1)
make_adapter(load(out / "base"), "b", 2)
small = LlamaForCausalLM(LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2))
make_adapter(small, "wrong", 4)

chat = tokenizer.apply_chat_template(PROMPT, add_generation_prompt=True, tokenize=False)
with torch.no_grad():
    answers = {name: expected(load(out / name), chat) for name in ("base", "full")}
    answers |= {name: expected(PeftModel.from_pretrained(load(out / "base"), out / name).eval(), chat) for name in ("a", "b")}
    answers["bare"] = expected(load(out / "bare"), PROMPT[0]["content"])
(out / "expected.json").write_text(json.dumps({"prompt": PROMPT, "reference": REFERENCE, "maxNewTokens": MAX_NEW_TOKENS, "answers": answers}), encoding="utf-8")
