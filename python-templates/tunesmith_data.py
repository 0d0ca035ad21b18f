"""Turns rows of text into tokens, and says which of them are trained.

A row is {"messages": [{"role", "content"}, ...]} or {"prompt", "completion"}. A conversation goes through the model's own chat
template. With `answers_only` every assistant turn is trained exactly once, its end-of-turn token included, and nothing else is.
Untrained tokens carry the label -100, which the loss ignores. This module needs no library; it is given a tokenizer.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

IGNORED = -100

NO_TEMPLATE = (
    "The model has no chat template, so conversations can't be written in its format. "
    "Choose an instruction-tuned model, or data with prompt and completion."
)
TEMPLATE_FAILED = "The model's chat template can't write this conversation."
NOT_PREFIX = (
    "the chat template writes this answer in a way that it can't be told apart from the prompt, "
    "so training on answers only is not possible with this model."
)
NO_TRAINED_TOKENS = "Nothing in the data would be trained: no row keeps a token of an answer within the maximum length."


class DataProblem(Exception):
    """The data, or the template for it, can't be trained on as asked. `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Encoded:
    """One training row. `end_of_turn`: the special token that ends its answers, so that the model learns to stop; None without one."""

    input_ids: list[int]
    labels: list[int]
    end_of_turn: int | None

    def trained_tokens(self) -> int:
        # A causal model predicts each token from those before it, so the first one is never a target.
        return sum(label != IGNORED for label in self.labels[1:])


@dataclass
class Statistics:
    """What encoding made of a file. Tokens are counted after the cut."""

    rows: int = 0
    encoded_rows: int = 0
    total_tokens: int = 0
    trained_tokens: int = 0
    cut_rows: int = 0
    cut_tokens: int = 0
    rows_losing_answer: int = 0
    rows_without_answer: int = 0
    rows_not_ending_turn: int = 0
    end_of_turn: int | None = None
    """The token that ends an answer, from the last row that has one."""
    lengths: list[int] = field(default_factory=list)

    def end_of_turn_trained(self) -> bool:
        return self.encoded_rows > 0 and self.rows_not_ending_turn == 0


def read_rows(path: str) -> Iterator[tuple[int, dict]]:
    """The line number and the object of every line of a JSONL file that is not blank."""
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise DataProblem("bad-row", f"Line {number} of {path} is not JSON: {error}") from error
                if not isinstance(row, dict):
                    raise DataProblem("bad-row", f"Line {number} of {path} is not a JSON object.")
                yield number, row


class Encoder:
    """Encodes rows for one tokenizer, and counts what it does in `statistics`."""

    def __init__(self, tokenizer, max_length: int, answers_only: bool) -> None:
        self.statistics = Statistics()
        self._tokenizer = tokenizer
        self._max_length = max_length
        self._answers_only = answers_only
        self._special = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special} | {tokenizer.eos_token_id}

    def file(self, path: str) -> Iterator[Encoded]:
        """Every row of a file, cut to the maximum length from the start. A row left without a trained token is dropped and counted."""
        for number, row in read_rows(path):
            self.statistics.rows += 1
            try:
                encoded_rows = self.row(row)
            except DataProblem as problem:
                raise DataProblem(problem.code, f"Row {number}: {problem}") from problem
            if not encoded_rows:
                self.statistics.rows_without_answer += 1
            for encoded in encoded_rows:
                kept = self._cut(encoded)
                if kept is not None:
                    yield kept

    def row(self, row: dict) -> list[Encoded]:
        """The training rows of one row of a file: one, or one for each assistant turn where the template needs it; none without an answer."""
        if isinstance(row.get("messages"), list):
            return self._messages(row["messages"], 0, row.get("tools"))
        prompt, completion = row.get("prompt"), row.get("completion")
        if isinstance(prompt, str) and isinstance(completion, str):
            return [self._text(prompt, completion)]
        if isinstance(prompt, list) and isinstance(completion, list):
            return self._messages(prompt + completion, len(prompt), row.get("tools"))
        raise DataProblem("bad-row", 'a row must have "messages", or "prompt" and "completion".')

    def is_special(self, token: int) -> bool:
        return token in self._special

    def _cut(self, encoded: Encoded) -> Encoded | None:
        counts, length = self.statistics, len(encoded.input_ids)
        is_cut = length > self._max_length
        counts.lengths.append(length)
        if is_cut:
            counts.cut_rows += 1
            counts.cut_tokens += length - self._max_length
            encoded = Encoded(encoded.input_ids[: self._max_length], encoded.labels[: self._max_length], encoded.end_of_turn)
        trained = encoded.trained_tokens()
        if trained == 0:
            counts.rows_losing_answer += is_cut
            counts.rows_without_answer += not is_cut
            return None
        counts.encoded_rows += 1
        counts.total_tokens += len(encoded.input_ids)
        counts.trained_tokens += trained
        counts.rows_not_ending_turn += encoded.end_of_turn is None
        counts.end_of_turn = encoded.end_of_turn if encoded.end_of_turn is not None else counts.end_of_turn
        return encoded

    def _text(self, prompt: str, completion: str) -> Encoded:
        """Plain text without a template: the completion is trained, with the end-of-text token that tells the model to stop."""
        tokenizer = self._tokenizer
        if tokenizer.eos_token and not completion.endswith(tokenizer.eos_token):
            completion += tokenizer.eos_token
        full = tokenizer(prompt + completion)["input_ids"]
        if not self._answers_only:
            return self._encoded(full, [(0, len(full))])
        start = tokenizer(prompt)["input_ids"]
        if _starts(full, start):
            return self._encoded(full, [(len(start), len(full))])
        # Prompt and completion share a token where they meet. Encoded apart, the model sees what it will see when it is used.
        apart = start + tokenizer(completion, add_special_tokens=False)["input_ids"]
        if tokenizer.decode(apart) == tokenizer.decode(full):
            return self._encoded(apart, [(len(start), len(apart))])
        return self._encoded(full, [(_shared(start, full), len(full))])

    def _messages(self, messages: list, first: int, tools: list | None) -> list[Encoded]:
        """A conversation. Assistant turns before index `first` are context only."""
        if not getattr(self._tokenizer, "chat_template", None):
            raise DataProblem("no-chat-template", NO_TEMPLATE)
        answers = [i for i, message in enumerate(messages) if i >= first and message.get("role") == "assistant"]
        if self._answers_only and not answers:
            return []
        rendered = Rendered(self._tokenizer, messages, tools)
        full = rendered.tokens(len(messages), False)
        if not self._answers_only:
            return [self._encoded(full, [(0, len(full))])]
        turns = [(rendered.tokens(i, True), rendered.tokens(i + 1, False)) for i in answers]
        if all(_starts(full, turn) and _starts(turn, prompt) and len(prompt) < len(turn) for prompt, turn in turns):
            return [self._encoded(full, [(len(prompt), len(turn)) for prompt, turn in turns])]
        # The template rewrites earlier turns (Qwen3 drops their reasoning), so each answer gets a row that ends with it.
        return [self._turn(rendered, i) for i in answers]

    def _turn(self, rendered: "Rendered", index: int) -> Encoded:
        """The conversation up to one assistant turn; only that turn is trained."""
        prompt, turn = rendered.tokens(index, True), rendered.tokens(index + 1, False)
        if _starts(turn, prompt) and len(prompt) < len(turn):
            return self._encoded(turn, [(len(prompt), len(turn))])
        prompt_text, turn_text = rendered.text(index, True), rendered.text(index + 1, False)
        if turn_text.startswith(prompt_text) and len(prompt_text) < len(turn_text):
            # The prompt's last characters and the answer's first share a token. Encoded apart, they decode to the same text.
            apart = prompt + self._tokenizer(turn_text[len(prompt_text) :], add_special_tokens=False)["input_ids"]
            if self._tokenizer.decode(apart) == self._tokenizer.decode(turn):
                return self._encoded(apart, [(len(prompt), len(apart))])
        # The generation prompt adds text that a finished turn lacks ("<think>" of some reasoning models): what both share is the
        # prompt, provided that it reaches into the assistant's turn. Otherwise the role's header would be trained as an answer.
        before, shared = rendered.tokens(index, False), _shared(prompt, turn)
        if _starts(prompt, before) and len(before) < shared < len(turn):
            return self._encoded(turn, [(shared, len(turn))])
        raise DataProblem("template-not-prefix", f"message {index + 1}: {NOT_PREFIX}")

    def _encoded(self, input_ids: list[int], spans: list[tuple[int, int]]) -> Encoded:
        labels = [IGNORED] * len(input_ids)
        ends = []
        for start, end in spans:
            labels[start:end] = input_ids[start:end]
            ends.append(self._end_of_turn(input_ids[start:end]))
        return Encoded(list(input_ids), labels, None if None in ends else ends[-1])

    def _end_of_turn(self, tokens: list[int]) -> int | None:
        """The special token that ends these tokens, white space after it aside; None when ordinary text ends them."""
        for token in reversed(tokens):
            if token in self._special:
                return token
            if self._tokenizer.decode([token]).strip():
                return None
        return None


class Rendered:
    """The first messages of a conversation, as the template writes them and as tokens; each is made once."""

    def __init__(self, tokenizer, messages: list, tools: list | None) -> None:
        self._tokenizer = tokenizer
        self._messages = messages
        self._tools = tools
        self._texts: dict[tuple[int, bool], str] = {}
        self._tokens: dict[str, list[int]] = {}

    def text(self, count: int, generation_prompt: bool) -> str:
        """The first `count` messages, with or without the header that asks for an answer."""
        key = (count, generation_prompt)
        if key not in self._texts:
            if count > 0:
                self._texts[key] = self._write(self._messages[:count], generation_prompt)
            else:
                self._texts[key] = self._opening() if generation_prompt else ""
        return self._texts[key]

    def _opening(self) -> str:
        """What stands before the answer of a conversation that starts with one; a template can't write an empty conversation."""
        question = [{"role": "user", "content": "?"}]
        before, asking, turn = self._write(question, False), self._write(question, True), self.text(1, False)
        header = asking[len(before) :] if asking.startswith(before) else ""
        at = turn.find(header)
        if not header or at < 0:
            raise DataProblem("starts-with-answer", "the conversation starts with an answer, and the chat template does not say where that begins.")
        return turn[: at + len(header)]

    def _write(self, messages: list, generation_prompt: bool) -> str:
        try:
            return self._tokenizer.apply_chat_template(messages, tools=self._tools, tokenize=False, add_generation_prompt=generation_prompt)
        except Exception as error:  # a template is a program of its own: it can raise anything
            raise DataProblem("template-failed", f"{TEMPLATE_FAILED} {type(error).__name__}: {error}") from error

    def tokens(self, count: int, generation_prompt: bool) -> list[int]:
        text = self.text(count, generation_prompt)
        if text not in self._tokens:
            self._tokens[text] = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return self._tokens[text]


def _starts(tokens: list[int], prefix: list[int]) -> bool:
    return tokens[: len(prefix)] == prefix


def _shared(a: list[int], b: list[int]) -> int:
    """How many tokens two lists have in common from their start."""
    count = 0
    for left, right in zip(a, b):
        if left != right:
            break
        count += 1
    return count
