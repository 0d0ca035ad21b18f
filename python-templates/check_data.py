"""Says what the tokenizer and the chat template of a model make of a data file, before anything is trained.

    python check_data.py --model FOLDER --data FILE.jsonl --max-length 1024 --answers-only 1 --out RESULT.json

Writes one JSON object. `problem` is null, or says why training on this data would be refused. Only the tokenizer is loaded:
PyTorch is kept out, which makes the start several times faster.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from tunesmith_data import NO_TRAINED_TOKENS, DataProblem, Encoded, Encoder, Statistics

SAMPLES = 3
SAMPLE_TOKENS = 2_000
# A letter outside ASCII can span several tokens; longer runs than this are broken bytes.
TOKENS_PER_LETTER = 8


def main() -> None:
    arguments = _arguments()
    try:
        result = check(_tokenizer(arguments.model), arguments.data, arguments.max_length, arguments.answers_only == 1)
    except DataProblem as problem:
        result = _report(Statistics(), None, [], problem)
    text = json.dumps(result, allow_nan=False)
    if arguments.out == "-":
        print(text)
    else:
        Path(arguments.out).write_text(text + "\n", encoding="utf-8", newline="\n")


def check(tokenizer, path: str, max_length: int, answers_only: bool) -> dict:
    """The result for one file; counts go as far as the first row that can't be encoded."""
    encoder = Encoder(tokenizer, max_length, answers_only)
    samples: list[list[dict]] = []
    problem = None
    try:
        for encoded in encoder.file(path):
            if len(samples) < SAMPLES:
                samples.append(pieces(tokenizer, encoder, encoded))
        if encoder.statistics.trained_tokens == 0:
            problem = DataProblem("zero-trained", NO_TRAINED_TOKENS)
    except DataProblem as found:
        problem = found
    end = encoder.statistics.end_of_turn
    return _report(encoder.statistics, None if end is None else tokenizer.decode([end]), samples, problem)


def _report(counts: Statistics, end_of_turn: str | None, samples: list[list[dict]], problem: DataProblem | None) -> dict:
    lengths = sorted(counts.lengths) or [0]
    return {
        "rows": counts.rows,
        "encodedRows": counts.encoded_rows,
        "totalTokens": counts.total_tokens,
        "trainedTokens": counts.trained_tokens,
        "cutRows": counts.cut_rows,
        "cutTokens": counts.cut_tokens,
        "rowsLosingAnswer": counts.rows_losing_answer,
        "rowsWithoutAnswer": counts.rows_without_answer,
        "endOfTurnTrained": counts.end_of_turn_trained(),
        "endOfTurnToken": end_of_turn,
        "lengths": {"p50": _percentile(lengths, 50), "p95": _percentile(lengths, 95), "max": lengths[-1]},
        "samples": samples,
        "problem": None if problem is None else {"code": problem.code, "message": str(problem)},
    }


def pieces(tokenizer, encoder: Encoder, encoded: Encoded) -> list[dict]:
    """The row as the model sees it. Tokens that make one letter only together are shown as one piece."""
    result: list[dict] = []
    waiting: list[int] = []
    ids, labels = encoded.input_ids[:SAMPLE_TOKENS], encoded.labels[:SAMPLE_TOKENS]
    for index, (token, label) in enumerate(zip(ids, labels)):
        waiting.append(token)
        trained = label >= 0
        ends = index + 1 == len(ids) or (labels[index + 1] >= 0) != trained
        text = tokenizer.decode(waiting, clean_up_tokenization_spaces=False)
        if "\ufffd" in text and len(waiting) < TOKENS_PER_LETTER and not ends:
            continue
        result.append({"text": text, "trained": trained, "special": len(waiting) == 1 and encoder.is_special(token)})
        waiting = []
    return result


def _percentile(ordered: list[int], percent: int) -> int:
    """Nearest rank."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _tokenizer(folder: str):
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")
    sys.modules["torch"] = None  # transformers then finds no PyTorch and offers its tokenizers alone
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder)
    except Exception as error:  # the libraries raise many kinds for a folder that holds no tokenizer
        raise DataProblem("no-tokenizer", f"The model's tokenizer can't be loaded: {type(error).__name__}: {error}") from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--max-length", required=True, type=int)
    parser.add_argument("--answers-only", required=True, type=int, choices=(0, 1))
    parser.add_argument("--out", required=True, help='a file, or "-" for standard output')
    return parser.parse_args()


if __name__ == "__main__":
    main()
