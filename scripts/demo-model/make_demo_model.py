"""Makes Tunesmith's demo model from nothing: corpus, tokenizer, and a small Llama trained on the CPU.

    python scripts/demo-model/make_demo_model.py                        # the shipped model, minutes
    python scripts/demo-model/make_demo_model.py --quick --out FOLDER   # seconds
    python scripts/demo-model/make_demo_model.py --check                # what the shipped model knows

It trains with one thread: with the same library versions and processor the result is the same to the last bit.
Needs torch, transformers, tokenizers and safetensors. The loss counts the tokens of the answers only.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections import Counter
from pathlib import Path

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

from corpus import make_corpus, make_exam
from tokenizer import MAX_LENGTH, save_tokenizer, train_tokenizer

SEED = 20
VOCABULARY_SIZE = 1024
BATCH_SIZE = 16
PEAK_LEARNING_RATE = 4e-3
WARM_UP_STEPS = 60
REPOSITORY = Path(__file__).resolve().parents[2]

Example = tuple[list[int], list[int]]


def make_model(
    tokenizer: PreTrainedTokenizerFast, hidden: int = 192, feed_forward: int = 512, layers: int = 4
) -> LlamaForCausalLM:
    """A Llama with tied embeddings. Every matrix is made of whole 64-value blocks, as NF4 wants it."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=feed_forward,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=64,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return model


def encode(tokenizer: PreTrainedTokenizerFast, messages: list[dict[str, str]]) -> Example:
    """Token ids, and labels that are -100 outside the assistant's turns."""
    encoded = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    ids = encoded["input_ids"]
    labels = [token if mask else -100 for token, mask in zip(ids, encoded["assistant_masks"])]
    return ids, labels


def make_batches(examples: list[Example], steps: int, rng: random.Random) -> list[list[Example]]:
    """`steps` batches; examples of like length go together, so that little is spent on padding."""
    batches: list[list[Example]] = []
    while len(batches) < steps:
        order = examples[:]
        rng.shuffle(order)
        for start in range(0, len(order), BATCH_SIZE * 32):
            near = sorted(order[start:start + BATCH_SIZE * 32], key=lambda example: len(example[0]))
            whole = [near[i:i + BATCH_SIZE] for i in range(0, len(near) - BATCH_SIZE + 1, BATCH_SIZE)]
            rng.shuffle(whole)
            batches += whole
    return batches[:steps]


def pad(rows: list[list[int]], value: int, left: bool = False) -> torch.Tensor:
    width = max(len(row) for row in rows)
    if left:
        return torch.tensor([[value] * (width - len(row)) + row for row in rows])
    return torch.tensor([row + [value] * (width - len(row)) for row in rows])


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine to zero."""
    if step < WARM_UP_STEPS:
        return PEAK_LEARNING_RATE * (step + 1) / WARM_UP_STEPS
    return PEAK_LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)))


def train(model: LlamaForCausalLM, batches: list[list[Example]], pad_id: int) -> int:
    """Trains in place and returns the number of tokens read. Right padding needs no attention mask here."""
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    model.train()
    started, tokens = time.time(), 0
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, len(batches))
        ids, labels = pad([ids for ids, _ in batch], pad_id), pad([labels for _, labels in batch], -100)
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += sum(len(ids) for ids, _ in batch)
        if step % 100 == 0 or step == len(batches) - 1:
            seconds = time.time() - started
            print(f"step {step:5d}/{len(batches)}  loss {loss.item():.4f}  {tokens} tokens  {seconds:.0f} s", flush=True)
    return tokens


@torch.no_grad()
def answer(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: list[list[dict[str, str]]]) -> list[str]:
    """Greedy answers to conversations that end with a user's turn."""
    model.eval()
    answers = []
    for start in range(0, len(prompts), 32):
        rows = [tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
                for prompt in prompts[start:start + 32]]
        ids = pad(rows, tokenizer.pad_token_id, left=True)
        mask = pad([[1] * len(row) for row in rows], 0, left=True)
        output = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=48, do_sample=False)
        answers += tokenizer.batch_decode(output[:, ids.shape[1]:], skip_special_tokens=True)
    return answers


def examine(folder: Path) -> str:
    """Exact match of the saved model by category, on questions that the corpus does not hold, as one line of text."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    exam = make_exam(SEED)
    answers = answer(model, tokenizer, [[{"role": "user", "content": question}] for _, question, _ in exam])
    asked, right = Counter(), Counter()
    for (category, _, reference), text in zip(exam, answers):
        asked[category] += 1
        right[category] += text == reference
    parts = [f"{category} {right[category]}/{asked[category]}" for category in asked]
    return f"exact match {right.total()}/{asked.total()} = {right.total() / asked.total():.3f} ({', '.join(parts)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "resources" / "demo-model")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--conversations", type=int, default=30_000)
    parser.add_argument("--quick", action="store_true", help="a barely trained model in seconds, for tests")
    parser.add_argument("--check", action="store_true", help="only examine the model that is in --out")
    options = parser.parse_args()
    if options.check:
        print(examine(options.out))
        return
    steps, conversations = (8, 1_000) if options.quick else (options.steps, options.conversations)

    torch.set_num_threads(1)  # more threads sum in another order
    set_seed(SEED)
    corpus = make_corpus(conversations, SEED)
    tokenizer = train_tokenizer(corpus, VOCABULARY_SIZE)
    model = make_model(tokenizer)
    examples = [encode(tokenizer, messages) for messages in corpus]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{len(corpus)} conversations, {sum(len(ids) for ids, _ in examples)} tokens, "
          f"{len(tokenizer)} vocabulary entries, {parameters} parameters", flush=True)

    train(model, make_batches(examples, steps, random.Random(SEED)), tokenizer.pad_token_id)
    model.half()
    options.out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(options.out)
    (options.out / "model.safetensors").chmod(0o644)
    save_tokenizer(tokenizer, options.out)
    if not options.quick:
        print(examine(options.out))


if __name__ == "__main__":
    main()
