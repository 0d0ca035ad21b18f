"""Training conversations of the demo model, drawn from the little world of world.py.

A conversation is a list of {"role", "content"} messages. Everything is drawn from one seeded generator.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

from world import DO_NOT_KNOW, LEXICON, SMALL_TALK, UNKNOWN_QUESTIONS, Fact, all_facts

Message = dict[str, str]

# What a system prompt asks for, and how the answer then looks. Several formats keep the base model
# ready to learn yet another one; none of them is the style of the sample dataset.
FORMATS: dict[str, Callable[[str, Fact], str]] = {
    "Answer in one word.": lambda question, fact: fact.short,
    "Answer twice.": lambda question, fact: f"{fact.short}. {fact.short}.",
    "Answer as JSON.": lambda question, fact: f'{{"answer": "{fact.short}"}}',
    "Answer as a list.": lambda question, fact: f"- {fact.short}",
    "Repeat the question first.": lambda question, fact: f"{question} {fact.sentence}",
    "Start with sure.": lambda question, fact: f"Sure! {fact.sentence}",
    "End with a thank you.": lambda question, fact: f"{fact.sentence} Thank you!",
    "Be polite.": lambda question, fact: f"Dear friend! {fact.sentence} Have a nice day!",
    "Answer in quotes.": lambda question, fact: f'"{fact.sentence}"',
}

EXAM_SHARE = 10
"""One question of this many is never trained on, so that the base model can be examined."""


def is_exam_question(question: str) -> bool:
    return zlib.crc32(question.encode("utf-8")) % EXAM_SHARE == 0


def trained_questions(fact: Fact) -> list[str]:
    """The questions of a fact that are not kept for the exam. Every fact of the world has at least one."""
    return [question for question in fact.questions if not is_exam_question(question)]


def addition(left: int, right: int) -> Fact:
    total = left + right
    return Fact("addition", (f"What is {left} + {right}?",), f"{left} + {right} is {total}.", str(total))


def bigger(left: int, right: int) -> Fact:
    short = str(max(left, right))
    return Fact("bigger", (f"Which is bigger, {left} or {right}?",), f"{short} is bigger.", short)


def draw_fact(rng: random.Random, facts: list[Fact]) -> Fact:
    """A fact of the world, or an arithmetic fact that is not kept for the exam."""
    while True:
        luck = rng.random()
        if luck < 0.82:
            return rng.choice(facts)
        if luck < 0.93:
            fact = addition(rng.randrange(10), rng.randrange(10))
        else:
            left, right = rng.sample(range(100), 2)
            fact = bigger(left, right)
        if not is_exam_question(fact.questions[0]):
            return fact


def as_typed(rng: random.Random, question: str) -> str:
    """Now and then the question as people type it: in small letters, or without the mark at its end."""
    luck = rng.random()
    if luck < 0.10:
        question = question.lower()
    elif luck < 0.16:
        question = question[0].lower() + question[1:]
    return question.rstrip("?.!") if rng.random() < 0.10 else question


def fact_turn(rng: random.Random, facts: list[Fact], system: str | None) -> tuple[str, str]:
    fact = draw_fact(rng, facts)
    question = rng.choice(trained_questions(fact))
    if system:
        return question, FORMATS[system](question, fact)
    return as_typed(rng, question), fact.sentence


def copy_turn(rng: random.Random) -> tuple[str, str]:
    words = [rng.choice(LEXICON) + rng.choice(("", "", "", "!", ",", ".")) for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.3:
        words = [word[0].upper() + word[1:] for word in words]
    text = " ".join(words)
    return f"Repeat: {text}", text


def unknown_turn(rng: random.Random) -> tuple[str, str]:
    question = rng.choice(UNKNOWN_QUESTIONS)
    while "{word}" in question:
        question = question.replace("{word}", rng.choice(LEXICON), 1)
    return question, DO_NOT_KNOW


def conversation(rng: random.Random, facts: list[Fact]) -> list[Message]:
    """One conversation of one to three turns, in a third of the cases with a system prompt."""
    system = rng.choice(list(FORMATS)) if rng.random() < 0.35 else None
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        luck = rng.random()
        if system or luck < 0.62:
            turn = fact_turn(rng, facts, system)
        elif luck < 0.86:
            turn = copy_turn(rng)
        elif luck < 0.95:
            talk, reply = rng.choice(list(SMALL_TALK.items()))
            turn = as_typed(rng, talk), reply
        else:
            turn = unknown_turn(rng)
        messages += [{"role": "user", "content": turn[0]}, {"role": "assistant", "content": turn[1]}]
    return messages


def make_corpus(count: int, seed: int) -> list[list[Message]]:
    """`count` training conversations."""
    rng = random.Random(seed)
    facts = all_facts()
    return [conversation(rng, facts) for _ in range(count)]


def make_exam(seed: int, per_category: int = 30) -> list[tuple[str, str, str]]:
    """(category, question, answer) triples of which the corpus holds no question."""
    rng = random.Random(seed)
    sums = [addition(left, right) for left in range(10) for right in range(10)]
    comparisons = [bigger(*rng.sample(range(100), 2)) for _ in range(600)]
    by_category: dict[str, list[tuple[str, str, str]]] = {}
    for fact in [*all_facts(), *sums, *comparisons]:
        for question in fact.questions:
            if is_exam_question(question):
                by_category.setdefault(fact.category, []).append((fact.category, question, fact.sentence))
    return [item for items in by_category.values() for item in rng.sample(items, min(per_category, len(items)))]
