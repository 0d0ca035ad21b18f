"""Checks tunesmith_data.py with real tokenizers and templates: python check_encoding.py TEMPLATES_FOLDER REWRITING_TOKENIZER. Prints {check: error or null}."""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from transformers import AutoTokenizer  # noqa: E402

from make_tiny_model import CHATML, make_tokenizer  # noqa: E402
from run_checks import run_checks  # noqa: E402

from tunesmith_data import IGNORED, DataProblem, Encoder  # noqa: E402

CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nFirst answer."},
    {"role": "user", "content": "Two?"},
    {"role": "assistant", "content": "Second answer."},
    {"role": "user", "content": "Three?"},
    {"role": "assistant", "content": "Third answer."},
]
# As Qwen3's: reasoning of earlier turns is dropped, the last turn always has a thinking block.
REWRITING = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{% set body = m.content.split('</think>')[-1].lstrip('\n') %}"
    "{% set thought = m.content.split('</think>')[0].split('<think>')[-1].strip('\n') if '</think>' in m.content else '' %}"
    "<|im_start|>assistant\n{% if loop.last %}<think>\n{{ thought }}\n</think>\n\n{% endif %}{{ body }}<|im_end|>\n"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# The answer's first token swallows the space that the prompt ends with.
MERGING = "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}<|im_end|>{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
# The prompt of reasoning models opens a thinking block that a finished turn does not have.
THINKING_PROMPT = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
# The end-of-text token stands only once, at the very end.
END_ONCE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% else %}<|im_end|>{% endif %}"
COUNTING = "{{ messages | length }} messages, {{ 'open' if add_generation_prompt else 'closed' }}{% for m in messages %}\n{{ m.role }}: {{ m.content }}{% endfor %}"
NO_END = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

TOKENIZER = make_tokenizer([m["content"] + " " + m["role"] for m in CONVERSATION] * 3)


def encoder(template: str | None, max_length: int = 4096, answers_only: bool = True) -> Encoder:
    TOKENIZER.chat_template = template
    return Encoder(TOKENIZER, max_length, answers_only)


def trained(row) -> list[str]:
    """The trained stretches of a row as texts."""
    stretches, current = [], []
    for token, label in zip(row.input_ids + [0], row.labels + [IGNORED]):
        assert label in (IGNORED, token), "a label is not its own token"
        if label != IGNORED:
            current.append(token)
        elif current:
            stretches.append(TOKENIZER.decode(current))
            current = []
    return stretches


def refused(code: str, make) -> None:
    try:
        make()
    except DataProblem as problem:
        assert problem.code == code, f"{problem.code}: {problem}"
        return
    raise AssertionError(f"not refused with {code}")


def file_of(*rows: object) -> str:
    path = Path(tempfile.mkdtemp()) / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8", newline="\n")
    return str(path)


def test_every_answer_of_a_conversation_in_one_row():
    rows = encoder(CHATML).row({"messages": CONVERSATION})
    assert len(rows) == 1
    assert TOKENIZER.decode(rows[0].input_ids) == TOKENIZER.apply_chat_template(CONVERSATION, tokenize=False)
    answers = [m["content"] + "<|im_end|>\n" for m in CONVERSATION if m["role"] == "assistant"]
    assert trained(rows[0]) == answers, trained(rows[0])
    assert TOKENIZER.decode([rows[0].end_of_turn]) == "<|im_end|>"


def test_rewriting_template_gives_a_row_for_each_answer():
    rows = encoder(REWRITING).row({"messages": CONVERSATION})
    assert [trained(row) for row in rows] == [
        ["<think>\nhm\n</think>\n\nFirst answer.<|im_end|>\n"],
        ["<think>\n\n</think>\n\nSecond answer.<|im_end|>\n"],
        ["<think>\n\n</think>\n\nThird answer.<|im_end|>\n"],
    ]
    assert "hm" not in TOKENIZER.decode(rows[1].input_ids), "an earlier turn's reasoning was not dropped"
    for row, turns in zip(rows, (3, 5, 7)):  # each row is what the template itself makes of the conversation up to there
        assert row.input_ids == TOKENIZER.apply_chat_template(CONVERSATION[:turns], return_dict=False)


def test_rewriting_template_with_one_answer_stays_one_row():
    rows = encoder(REWRITING).row({"messages": CONVERSATION[:3]})
    assert [trained(row) for row in rows] == [["<think>\nhm\n</think>\n\nFirst answer.<|im_end|>\n"]]


def test_rewriting_tokenizer_of_the_fixtures():
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[2])
    rows = Encoder(tokenizer, 4096, True).row({"messages": CONVERSATION})
    texts = [tokenizer.decode([token for token, label in zip(row.input_ids, row.labels) if label != IGNORED]) for row in rows]
    assert texts == [
        "<think>\nhm\n</think>\n\nFirst answer.<|im_end|>\n",
        "<think>\n\n</think>\n\nSecond answer.<|im_end|>\n",
        "<think>\n\n</think>\n\nThird answer.<|im_end|>\n",
    ], texts


def test_token_shared_by_prompt_and_answer():
    messages = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "answer one"}]
    template = encoder(MERGING)
    prompt = TOKENIZER.apply_chat_template(messages[:1], add_generation_prompt=True, return_dict=False)
    whole = TOKENIZER.apply_chat_template(messages, return_dict=False)
    assert whole[: len(prompt)] != prompt, "the tokens do not merge, so this checks nothing"
    [row] = template.row({"messages": messages})
    assert row.input_ids[: len(prompt)] == prompt
    assert trained(row) == ["answer one<|im_end|>"]
    assert TOKENIZER.decode(row.input_ids) == TOKENIZER.decode(whole)


def test_prompt_that_opens_a_thinking_block():
    [row] = encoder(THINKING_PROMPT).row({"messages": CONVERSATION[3:5]})
    assert trained(row) == ["Second answer.<|im_end|>\n"]


def test_end_token_only_at_the_end():
    rows = encoder(END_ONCE).row({"messages": CONVERSATION[3:]})
    assert [trained(row) for row in rows] == [["Second answer.\n<|im_end|>"], ["Third answer.\n<|im_end|>"]]


def test_template_that_cannot_be_split_is_refused():
    refused("template-not-prefix", lambda: encoder(COUNTING).row({"messages": CONVERSATION}))


def test_no_template_is_refused():
    refused("no-chat-template", lambda: encoder(None).row({"messages": CONVERSATION}))


def test_raising_template_is_refused():
    refused("template-failed", lambda: encoder("{{ raise_exception('no system role') }}").row({"messages": CONVERSATION}))


def test_all_tokens_when_asked():
    [row] = encoder(REWRITING, answers_only=False).row({"messages": CONVERSATION})
    assert row.labels == row.input_ids == TOKENIZER.apply_chat_template(CONVERSATION, return_dict=False)


def test_prompt_and_completion_text():
    [row] = encoder(None).row({"prompt": "One?", "completion": " First"})
    assert trained(row) == [" First<|im_end|>"]
    [row] = encoder(None).row({"prompt": "answer o", "completion": "ne answer"})  # cut inside a token
    assert trained(row) == ["ne answer<|im_end|>"], trained(row)
    [row] = encoder(None, answers_only=False).row({"prompt": "One?", "completion": " First"})
    assert trained(row) == ["One? First<|im_end|>"]


def test_prompt_and_completion_messages():
    [row] = encoder(CHATML).row({"prompt": CONVERSATION[:4], "completion": CONVERSATION[4:5]})
    assert trained(row) == ["Second answer.<|im_end|>\n"], "an answer inside the prompt was trained"


def test_no_end_of_turn_is_noticed():
    e = encoder(NO_END)
    list(e.file(file_of({"messages": CONVERSATION})))
    assert e.statistics.encoded_rows > 0 and not e.statistics.end_of_turn_trained()
    e = encoder(CHATML)
    list(e.file(file_of({"messages": CONVERSATION})))
    assert e.statistics.end_of_turn_trained()


def test_cut_keeps_the_start_and_is_counted():
    [whole] = encoder(CHATML).row({"messages": CONVERSATION})
    e = encoder(CHATML, max_length=len(whole.input_ids) - 3)
    [row] = e.file(file_of({"messages": CONVERSATION}))
    assert row.input_ids == whole.input_ids[:-3]
    assert (e.statistics.cut_rows, e.statistics.cut_tokens, e.statistics.rows_losing_answer) == (1, 3, 0)
    assert e.statistics.lengths == [len(whole.input_ids)]


def test_row_that_loses_its_answer_is_dropped_and_counted():
    e = encoder(CHATML, max_length=8)
    rows = list(e.file(file_of({"messages": CONVERSATION[3:5]}, {"messages": CONVERSATION[5:6]})))
    assert rows == []
    assert (e.statistics.rows, e.statistics.rows_losing_answer, e.statistics.rows_without_answer) == (2, 1, 1)


def test_lines_end_at_newline_only():
    text = "a\u2028b\u2029c\u0085d"
    e = encoder(CHATML)
    [row] = e.file(file_of({"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text}]}))
    assert trained(row) == [text + "<|im_end|>\n"]


def test_broken_rows_are_refused_with_their_line():
    path = Path(file_of({"messages": CONVERSATION}))
    path.write_text(path.read_text(encoding="utf-8") + "\n{broken\n", encoding="utf-8")
    try:
        list(encoder(CHATML).file(str(path)))
    except DataProblem as problem:
        assert problem.code == "bad-row" and "Line 3" in str(problem), str(problem)
    else:
        raise AssertionError("not refused")
    refused("bad-row", lambda: list(encoder(CHATML).file(file_of({"text": "x"}))))


def test_first_message_of_the_assistant_trains_no_header():
    [row] = encoder(CHATML).row({"messages": [{"role": "assistant", "content": "Second answer."}]})
    assert trained(row) == ["Second answer.<|im_end|>\n"]


run_checks(globals())
