"""Makes two small fixtures for the tests, from the demo model's tokenizer and corpus.

    python scripts/demo-model/make_test_fixtures.py

test/fixtures/models/tiny-llama: a Llama of 0.15 M parameters, briefly trained, for tests that only need a model.
test/fixtures/tokenizers/rewriting-template: a tokenizer whose chat template shows earlier answers without
their thoughts, as Qwen3's does: what was trained in the last turn differs from what a later prompt shows.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer
from transformers import set_seed

from corpus import make_corpus
from make_demo_model import SEED, encode, make_batches, make_model, train
from tokenizer import TEMPLATE, save_tokenizer, train_tokenizer, wrap

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "test" / "fixtures"
REWRITING_TEMPLATE = (Path(__file__).parent / "rewriting_template.jinja").read_text(encoding="utf-8")


def make_tiny_llama(corpus: list[list[dict[str, str]]], folder: Path) -> None:
    torch.set_num_threads(1)
    set_seed(SEED)
    tokenizer = wrap(Tokenizer.from_file(str(REPOSITORY / "resources" / "demo-model" / "tokenizer.json")), TEMPLATE)
    model = make_model(tokenizer, hidden=64, feed_forward=128, layers=2)
    examples = [encode(tokenizer, messages) for messages in corpus]
    train(model, make_batches(examples, 300, random.Random(SEED)), tokenizer.pad_token_id)
    model.half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    save_tokenizer(tokenizer, folder)


def make_rewriting_tokenizer(corpus: list[list[dict[str, str]]], folder: Path) -> None:
    """The thought marks are single tokens but not special ones, as in the model that it stands for."""
    trained = train_tokenizer(corpus, 512).backend_tokenizer
    tokenizer = Tokenizer.from_str(trained.to_str())
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in ("<think>", "</think>")])
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(wrap(tokenizer, REWRITING_TEMPLATE), folder)
    # Some readers look at the model's config to choose a tokenizer class.
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    corpus = make_corpus(3_000, SEED)
    make_tiny_llama(corpus, FIXTURES / "models" / "tiny-llama")
    make_rewriting_tokenizer(corpus, FIXTURES / "tokenizers" / "rewriting-template")


if __name__ == "__main__":
    main()
