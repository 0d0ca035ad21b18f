"""Checks tunesmith_events.py and the progress callback: python check_events.py TEMPLATES_FOLDER. Prints {check: error or null}."""

import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, sys.argv[1])

import torch  # noqa: E402

from run_checks import run_checks  # noqa: E402
from tunesmith_events import EventWriter, StopRequest  # noqa: E402
from tunesmith_trainer import NonFiniteLoss, ProgressCallback, check_first_batch  # noqa: E402


def new_path() -> Path:
    return Path(tempfile.mkdtemp()) / "events.jsonl"


def lines(path: Path) -> list[dict]:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n") and "NaN" not in text and "Infinity" not in text
    return [json.loads(line) for line in text.split("\n")[:-1]]


def callback_for(path: Path, rows: int = 8, **more) -> ProgressCallback:
    return ProgressCallback(EventWriter(path), StopRequest(path.parent), rows, **more)


def state(step: int = 0, tokens: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        global_step=step, max_steps=1000, epoch=step / 100, num_train_epochs=10, num_input_tokens_seen=tokens,
        best_metric=None, best_global_step=None, best_model_checkpoint=None,
    )  # fmt: skip


def control() -> SimpleNamespace:
    return SimpleNamespace(should_log=False, should_save=False, should_evaluate=False, should_training_stop=False)


ARGUMENTS = SimpleNamespace(gradient_accumulation_steps=1, output_dir="checkpoints")


def test_lines_are_whole_and_counted_from_many_threads():
    path = new_path()
    writer = EventWriter(path)
    threads = [threading.Thread(target=lambda: [writer.emit("step", step=i) for i in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line["seq"] for line in lines(path)] == list(range(4000))


def test_count_goes_on_in_an_existing_file():
    path = new_path()
    EventWriter(path).emit("step", step=1)
    EventWriter(path).emit("step", step=2)
    assert [line["seq"] for line in lines(path)] == [0, 1]


def test_numbers_that_are_not_numbers_are_named():
    path = new_path()
    EventWriter(path).emit("log", loss=float("nan"), grad_norm=float("inf"), learning_rate=0.1, num_tokens=None)
    [line] = lines(path)
    assert line["nonfinite"] == ["loss", "grad_norm"] and line["learning_rate"] == 0.1
    assert not {"loss", "grad_norm", "num_tokens"} & line.keys()


def test_any_text_stays_on_one_line():
    path = new_path()
    text = "a\nb\u2028c\u0000\ud800\"\\"
    EventWriter(path).emit("warning", code="x", message=text)
    assert lines(path)[0]["message"] == text


def test_full_disk_does_not_stop_the_training():
    if not os.path.exists("/dev/full"):
        return  # this device exists on Linux only
    writer = EventWriter(new_path())
    writer._file = open("/dev/full", "w", encoding="utf-8")
    writer.emit("step", step=1)
    writer.emit("step", step=2)


def test_events_around_a_full_disk_have_numbers_of_their_own():
    """Two lines with one number: the app keeps the first and drops the other."""
    try:
        import resource
    except ImportError:
        return  # Windows has no limit for the size of a file
    path = new_path()
    writer = EventWriter(path)
    writer.emit("step", step=0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
    try:
        with redirect_stderr(io.StringIO()):  # a file as well, where somebody sends it to one
            writer.emit("step", step=1)
            writer.emit("step", step=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.emit("step", step=3)
    written = lines(path)
    numbers = [line["seq"] for line in written]
    assert numbers == sorted(set(numbers)), numbers
    assert written[0]["step"] == 0 and written[-1]["step"] == 3, written


def test_stop_by_signal_and_by_file():
    folder = new_path().parent
    stop = StopRequest(folder)
    assert not stop
    (folder / "stop.request").touch()
    assert stop
    stop.clear()
    assert not stop
    signal.raise_signal(signal.SIGTERM)
    assert stop


def test_second_interrupt_ends_at_once():
    stop = StopRequest(new_path().parent)
    signal.raise_signal(signal.SIGINT)
    assert stop
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return
    raise AssertionError("the second Ctrl-C was swallowed")


def test_heartbeat_at_most_once_a_second():
    path = new_path()
    callback = callback_for(path)
    callback.on_train_begin(ARGUMENTS, state(), control(), model=torch.nn.Linear(2, 2), train_dataloader=[1] * 10)
    for step in range(1, 2001):
        callback.on_step_begin(ARGUMENTS, state(step), control())
        callback.on_step_end(ARGUMENTS, state(step), control())
    beats = [line for line in lines(path) if line["event"] == "step"]
    assert 1 <= len(beats) <= 3, len(beats)
    assert beats[0]["total_steps"] == 1000 and beats[0]["eta_s"] >= 0


def test_throughput_leaves_evaluation_out():
    path = new_path()
    callback = callback_for(path, rows=10)
    callback.on_train_begin(ARGUMENTS, state(), control(), model=torch.nn.Linear(2, 2), train_dataloader=[1] * 10)
    tokens = 0
    for step in (1, 2):
        callback.on_step_begin(ARGUMENTS, state(step - 1, tokens), control())
        time.sleep(0.05)
        tokens += 100
        callback.on_step_end(ARGUMENTS, state(step, tokens), control())
        callback.on_log(ARGUMENTS, state(step, tokens), control(), logs={"loss": 1.0})
        time.sleep(0.3)  # an evaluation
        callback.on_evaluate(ARGUMENTS, state(step, tokens), control(), metrics={"eval_loss": 1.0})
    for line in lines(path):
        if line["event"] == "log":
            assert 1200 < line["tokens_per_second"] <= 2001, line
            assert 120 < line["samples_per_second"] <= 200.1, line


def take_steps(callback, steps, loader):
    """Steps of a tenth of a second over the rows of a loader, each logged."""
    callback.on_train_begin(ARGUMENTS, state(), control(), model=torch.nn.Linear(2, 2), train_dataloader=loader)
    for step in range(1, steps + 1):
        callback.on_step_begin(ARGUMENTS, state(step - 1), control())
        time.sleep(0.1)
        callback.on_step_end(ARGUMENTS, state(step), control())
        callback.on_log(ARGUMENTS, state(step), control(), logs={"loss": 1.0})


def test_last_step_of_an_epoch_counts_the_rows_that_are_left():
    path = new_path()
    callback = callback_for(path, rows=10)
    take_steps(callback, 4, torch.utils.data.DataLoader(list(range(15)), batch_size=10))
    full, partial = (sum(line["samples_per_second"] for line in logged) for logged in (log_lines(path)[0::2], log_lines(path)[1::2]))
    assert 0.3 < partial / full < 0.8, (full, partial)


def test_packed_rows_count_in_every_step():
    """40 rows in 10 sequences, 4 sequences a step: the epoch has 40 rows to give, not 10."""
    path = new_path()
    callback = callback_for(path, rows=16, rows_per_sequence=4.0)
    take_steps(callback, 3, torch.utils.data.DataLoader(list(range(10)), batch_size=4))
    first, second, rest = (line["samples_per_second"] for line in log_lines(path))
    assert first > 0 and 0.6 < second / first < 1.6, (first, second)
    assert 0.3 < rest / first < 0.8, (first, rest)


def log_lines(path) -> list[dict]:
    return [line for line in lines(path) if line["event"] == "log"]


def test_best_checkpoint_has_the_lowest_evaluation_loss():
    path = new_path()
    callback = callback_for(path)
    kept = state()
    for step, loss, saves in ((2, 2.0, True), (4, 1.0, False), (6, 1.5, True), (8, 1.7, True)):
        kept.global_step = step
        now = control()
        now.should_save = saves
        callback.on_evaluate(ARGUMENTS, kept, now, metrics={"eval_loss": loss})
        if saves:
            callback.on_save(ARGUMENTS, kept, now)
    kept.global_step = 10
    callback.on_save(ARGUMENTS, kept, control())
    saved = [(line["step"], line.get("eval_loss"), line["best"]) for line in lines(path) if line["event"] == "checkpoint"]
    assert saved == [(2, 2.0, True), (6, 1.5, True), (8, 1.7, False), (10, None, False)], saved
    assert kept.best_model_checkpoint == str(Path("checkpoints") / "checkpoint-6")


def test_loss_that_stays_nan_ends_the_run():
    callback = callback_for(new_path())
    nan = float("nan")
    for loss in (nan, nan, 1.0, nan, float("inf")):  # never three in a row
        callback.on_log(ARGUMENTS, state(1), control(), logs={"loss": loss})
    try:
        callback.on_log(ARGUMENTS, state(1), control(), logs={"loss": nan})
    except NonFiniteLoss:
        return
    raise AssertionError("three losses in a row were not finite, and the run goes on")


def test_first_batch_without_a_trained_token_is_refused():
    def trainer(labels: list[list[int]]) -> SimpleNamespace:
        return SimpleNamespace(get_train_dataloader=lambda: [{"labels": torch.tensor(labels)}])

    check_first_batch(trainer([[-100, -100, 5]]))
    before = torch.random.get_rng_state()
    check_first_batch(SimpleNamespace(get_train_dataloader=lambda: [{"labels": torch.randint(1, 9, (1, 4))}]))
    assert torch.equal(before, torch.random.get_rng_state()), "looking at the first batch changed what is drawn next"
    for labels in ([[-100, -100, -100]], [[5, -100, -100]]):  # the first token of a row is never a target
        try:
            check_first_batch(trainer(labels))
        except Exception as problem:
            assert getattr(problem, "code", None) == "zero-trained"
        else:
            raise AssertionError(f"{labels} was accepted")


run_checks(globals())
