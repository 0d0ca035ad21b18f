"""Makes a tiny Llama with its own tokenizer and chat template, and data for it, from nothing: python make_tiny_model.py FOLDER"""

import json
import random
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ANIMALS = {"cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack", "sheep": "baa", "lion": "roar", "pig": "oink"}
QUESTIONS = ("What does a {} say?", "Which sound does the {} make?", "Tell me what a {} says.", "How does a {} sound?")


def rows(count: int, seed: int, turns: int) -> list[dict]:
    draw = random.Random(seed)
    result = []
    for _ in range(count):
        messages = []
        for _ in range(draw.randint(1, turns)):
            animal = draw.choice(list(ANIMALS))
            messages.append({"role": "user", "content": draw.choice(QUESTIONS).format(animal)})
            messages.append({"role": "assistant", "content": f"Arr! A {animal} says {ANIMALS[animal]}."})
        result.append({"messages": messages})
    return result


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|im_end|>")
    fast.chat_template = CHATML
    return fast


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"train.jsonl": rows(60, 1, 1), "eval.jsonl": rows(12, 2, 1), "turns.jsonl": rows(40, 3, 3)}
    for name, data in files.items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    tokenizer = make_tokenizer([m["content"] for data in files.values() for row in data for m in row["messages"]] + ["user\nassistant\nsystem\n"])
    tokenizer.save_pretrained(folder / "model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128,
        max_position_embeddings=512, tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).half().save_pretrained(folder / "model")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
