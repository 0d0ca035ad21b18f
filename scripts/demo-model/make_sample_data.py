"""Writes the sample task to resources/sample-data: answer like a pirate.

    python scripts/demo-model/make_sample_data.py

The task changes how the demo model answers, not what it knows: every answer is the plain sentence between
"Arr!" and "Aye, matey!". The facts are divided first, so that the held-out prompts ask for facts of which
the training file says nothing. Needs nothing but Python. Same seed, same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from world import SMALL_TALK, Fact, all_facts

SEED = 7
HELD_OUT_SHARE = 0.35
MULTI_TURN_CONVERSATIONS = 70
DEFAULT_OUT = Path(__file__).resolve().parents[2] / "resources" / "sample-data"

Turn = tuple[str, str]


def in_style(text: str) -> str:
    return f"Arr! {text} Aye, matey!"


def to_row(turns: list[Turn]) -> dict[str, list[dict[str, str]]]:
    """A conversation in OpenAI messages form, each answer in the style."""
    messages = []
    for question, text in turns:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": in_style(text)}]
    return {"messages": messages}


def divide(facts: list[Fact], rng: random.Random) -> tuple[list[Fact], list[Fact]]:
    """Facts to train on and facts to hold out, the same share of each category."""
    train: list[Fact] = []
    held_out: list[Fact] = []
    for category in dict.fromkeys(fact.category for fact in facts):
        members = [fact for fact in facts if fact.category == category]
        rng.shuffle(members)
        cut = round(len(members) * HELD_OUT_SHARE)
        held_out += members[:cut]
        train += members[cut:]
    return train, held_out


def turn_about(fact: Fact, rng: random.Random) -> Turn:
    return rng.choice(fact.questions), fact.sentence


def training_rows(facts: list[Fact], rng: random.Random) -> list[dict[str, list[dict[str, str]]]]:
    """Two single questions about each fact, conversations of two and three turns, and small talk."""
    conversations = [[(question, fact.sentence)] for fact in facts for question in rng.sample(fact.questions, 2)]
    for _ in range(MULTI_TURN_CONVERSATIONS):
        conversations.append([turn_about(fact, rng) for fact in rng.sample(facts, rng.choice((2, 2, 3)))])
    conversations += [[turn] for turn in SMALL_TALK.items()]
    rng.shuffle(conversations)
    return [to_row(turns) for turns in conversations]


def held_out_rows(facts: list[Fact], rng: random.Random) -> list[dict[str, list[dict[str, str]]]]:
    """Two prompts about each held-out fact; the last assistant turn is the reference answer.

    One prompt in seven has an earlier turn, as the middle of a conversation would.
    """
    conversations = [[(question, fact.sentence)] for fact in facts for question in rng.sample(fact.questions, 2)]
    rng.shuffle(conversations)
    for turns in conversations[::7]:
        earlier = rng.choice([fact for fact in facts if fact.sentence != turns[-1][1]])
        turns.insert(0, turn_about(earlier, rng))
    return [to_row(turns) for turns in conversations]


def write_jsonl(path: Path, rows: list[dict[str, list[dict[str, str]]]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(rows)} conversations")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    out: Path = parser.parse_args().out
    rng = random.Random(SEED)
    train, held_out = divide(all_facts(), rng)
    out.mkdir(parents=True, exist_ok=True)
    write_jsonl(out / "pirate-answers.jsonl", training_rows(train, rng))
    write_jsonl(out / "held-out.jsonl", held_out_rows(held_out, rng))


if __name__ == "__main__":
    main()
