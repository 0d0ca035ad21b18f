"""What a training script needs around the trainer: progress events, a check of the first batch, and saving the result."""

import functools
import importlib.metadata
import json
import math
import platform
import time
from collections.abc import Iterable
from pathlib import Path

import torch
import torch.distributed
from datasets import Dataset, Features, Sequence, Value
from transformers import AutoConfig, AutoTokenizer, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tunesmith_data import IGNORED, NO_TRAINED_TOKENS, DataProblem, Encoded
from tunesmith_events import EventWriter, StopRequest

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers", "bitsandbytes", "unsloth", "unsloth_zoo")
HEARTBEAT_SECONDS = 1.0
NONFINITE_LOSSES = 3


class NonFiniteLoss(Exception):
    """The loss became NaN or infinite and stayed so."""


class ProgressCallback(TrainerCallback):
    """Writes what the trainer does as events, and stops it when asked. Costs well under 0.25 ms a step and never waits for the GPU.

    `rows_per_step` counts those of all processes. `rows_per_sequence`: how many rows packing put into one sequence, on average.
    """

    def __init__(self, events: EventWriter, stop: StopRequest, rows_per_step: float, rows_per_sequence: float = 1.0) -> None:
        self.stopped = False
        self._events = events
        self._stop = stop
        self._rows_per_step = rows_per_step
        self._rows_per_sequence = rows_per_sequence
        self._epoch_rows = 0.0  # 0: not known, then every step counts as a full one
        self._epoch_steps = 1
        self._first_step = 0
        self._started = 0.0
        self._last_heartbeat = 0.0
        self._nonfinite_losses = 0
        self._evaluated: tuple[int, float] | None = None
        # Time in steps only, evaluation and saving aside: the base of the throughput.
        self._step_seconds = 0.0
        self._clock: float | None = None
        self._step_ended = 0.0
        self._logged = (0, 0.0, 0)  # step, step seconds and tokens at the last log

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model=None, train_dataloader=None, **_):
        self._first_step = state.global_step
        self._started = time.monotonic()
        self._logged = (state.global_step, 0.0, state.num_input_tokens_seen)
        # An earlier run's best checkpoint lies in that run's folder; here the best of this folder counts.
        state.best_metric = state.best_global_step = state.best_model_checkpoint = None
        batches = len(train_dataloader) if train_dataloader is not None else 0
        steps_per_epoch = max(1, -(-batches // args.gradient_accumulation_steps))
        dataset = getattr(train_dataloader, "dataset", None)
        self._epoch_rows = len(dataset) * self._rows_per_sequence if dataset is not None else 0.0
        self._epoch_steps = steps_per_epoch
        parameters = count_parameters(model)
        self._events.emit(
            "train_begin",
            total_steps=state.max_steps,
            total_epochs=round(state.max_steps / steps_per_epoch, 4),
            steps_per_epoch=steps_per_epoch,
            trainable_parameters=parameters[0],
            total_parameters=parameters[1],
            resumed_from_step=state.global_step,
        )

    def _rows_seen(self, step: int) -> float:
        """Rows up to a step: the last step of an epoch holds what is left of it."""
        if self._epoch_rows == 0:
            return step * self._rows_per_step
        epochs, steps = divmod(step, self._epoch_steps)
        return epochs * self._epoch_rows + min(steps * self._rows_per_step, self._epoch_rows)

    def on_step_begin(self, args, state, control, **_):
        if self._clock is None:
            self._clock = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_):
        now = self._step_ended = time.monotonic()
        if now - self._last_heartbeat >= HEARTBEAT_SECONDS:
            self._last_heartbeat = now
            done = state.global_step - self._first_step
            eta = (state.max_steps - state.global_step) * (now - self._started) / max(1, done)
            self._events.emit("step", step=state.global_step, total_steps=state.max_steps, epoch=state.epoch, eta_s=round(eta, 1))
        if not self.stopped and any_process(bool(self._stop)):
            self.stopped = True
            self._events.emit("stop_requested", step=state.global_step)
            control.should_log = control.should_save = control.should_training_stop = True
        return control

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: dict | None = None, **_):
        if not logs or "loss" not in logs:
            return  # evaluations come by on_evaluate; the summary at the end repeats what is known
        step, seconds, tokens = self._logged
        self._logged = (state.global_step, self._elapsed(), state.num_input_tokens_seen)
        elapsed = self._logged[1] - seconds
        loss = float(logs["loss"])
        self._events.emit(
            "log",
            step=state.global_step,
            epoch=state.epoch,
            loss=loss,
            grad_norm=_number(logs.get("grad_norm")),
            learning_rate=_number(logs.get("learning_rate")),
            tokens_per_second=round((self._logged[2] - tokens) / elapsed, 2) if elapsed > 0 else None,
            samples_per_second=round((self._rows_seen(state.global_step) - self._rows_seen(step)) / elapsed, 3) if elapsed > 0 else None,
            num_tokens=state.num_input_tokens_seen,
            mean_token_accuracy=_number(logs.get("mean_token_accuracy")),
            gpu_memory_bytes=torch.cuda.memory_reserved() if torch.cuda.is_available() else None,
        )
        self._nonfinite_losses = 0 if math.isfinite(loss) else self._nonfinite_losses + 1
        if self._nonfinite_losses >= NONFINITE_LOSSES:
            raise NonFiniteLoss(
                f"The loss was not a finite number {NONFINITE_LOSSES} times in a row, the last time at step {state.global_step}. "
                "A lower learning rate, a longer warm-up or gradient clipping usually helps."
            )

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: dict | None = None, **_):
        self._pause_clock()
        loss = _number((metrics or {}).get("eval_loss"))
        self._events.emit("eval", step=state.global_step, epoch=state.epoch, eval_loss=loss)
        if loss is None or not math.isfinite(loss):
            return
        self._evaluated = (state.global_step, loss)
        if control.should_save and (state.best_metric is None or loss < state.best_metric):
            # The trainer keeps the checkpoint that these name when it deletes old ones.
            state.best_metric = loss
            state.best_global_step = state.global_step
            state.best_model_checkpoint = str(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_):
        self._pause_clock()
        evaluated = self._evaluated is not None and self._evaluated[0] == state.global_step
        self._events.emit(
            "checkpoint",
            step=state.global_step,
            path=str(Path(args.output_dir) / f"checkpoint-{state.global_step}"),
            eval_loss=self._evaluated[1] if evaluated else None,
            best=evaluated and state.best_global_step == state.global_step,
        )

    def _elapsed(self) -> float:
        return self._step_seconds + (self._step_ended - self._clock if self._clock is not None else 0.0)

    def _pause_clock(self) -> None:
        self._step_seconds = self._elapsed()
        self._clock = None


def encoded_dataset(rows: Iterable[Encoded]) -> Dataset:
    """The rows as the trainer takes them: tokens, and labels that are -100 where nothing is trained."""
    input_ids, labels = [], []
    for row in rows:
        input_ids.append(torch.tensor(row.input_ids, dtype=torch.int32).numpy())  # a fifth of a Python list's memory
        labels.append(torch.tensor(row.labels, dtype=torch.int32).numpy())
    tokens = Sequence(Value("int32"))
    return Dataset.from_dict({"input_ids": input_ids, "labels": labels}, features=Features({"input_ids": tokens, "labels": tokens}))


def check_first_batch(trainer: Trainer) -> None:
    """Refuses to start when the first batch, as the trainer really makes it, holds no trained token."""
    with torch.random.fork_rng(devices=[]):  # looking must not change what the run draws afterwards
        batch = next(iter(trainer.get_train_dataloader()))
    trained = int((batch["labels"][:, 1:] != IGNORED).sum())
    if trained == 0:
        raise DataProblem("zero-trained", f"{NO_TRAINED_TOKENS} (Seen in the first batch.)")


def count_parameters(model) -> tuple[int, int]:
    """Trained parameters, and all of them. A 4-bit layer stores two weights in a byte and is counted by weights."""
    trained = total = 0
    for parameter in model.parameters():
        state = getattr(parameter, "quant_state", None)
        count = state.shape.numel() if state is not None else parameter.numel()
        total += count
        trained += count if parameter.requires_grad else 0
    return trained, total


def keep_adapters_in_float32(model) -> None:
    """TRL turns the adapters of a 4-bit model into bfloat16. That needs hardware for it, and float16's loss scaling refuses it."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def is_complete(checkpoint: str, length: dict) -> bool:
    """Whether a checkpoint is the end of the run already, as after an interruption between its last step and its end."""
    state = json.loads((Path(checkpoint) / "trainer_state.json").read_text(encoding="utf-8"))
    return state["global_step"] >= length["steps"] if length["kind"] == "steps" else state["epoch"] >= length["epochs"]


def take_checkpoint(trainer: Trainer, checkpoint: str) -> None:
    """Puts the weights and the place of a checkpoint into a trainer that has nothing left to learn."""
    trainer._load_from_checkpoint(checkpoint)
    trainer.state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
    trainer.state.max_steps = trainer.state.global_step


def save_result(trainer: Trainer, job: dict, folder: Path, dtype: str) -> None:
    """Saves the adapter, or the whole model, with its tokenizer and chat template, and notes what it was made from."""
    if trainer.is_world_process_zero():
        _save(trainer.model, job, folder, dtype)
    any_process(False)  # nobody leaves while the first process still writes


def _save(model, job: dict, folder: Path, dtype: str) -> None:
    if job["settings"]["method"] == "full":
        # Trained in higher precision than the base is stored in; saved like the base, it has the base's size.
        stored = AutoConfig.from_pretrained(job["model"]["path"]).dtype
        model = model.to(stored) if isinstance(stored, torch.dtype) else model
    model.save_pretrained(str(folder))
    # The base's own tokenizer: the one in use here may have been given this run's maximum length as its limit.
    AutoTokenizer.from_pretrained(job["model"]["path"]).save_pretrained(str(folder))
    origin = {
        "jobId": job["jobId"],
        "baseModelPath": job["model"]["path"],
        "method": job["settings"]["method"],
        "precision": "nf4" if job["settings"]["method"] == "qlora" else dtype,
    }
    (folder / "tunesmith.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8", newline="\n")


def any_process(flag: bool) -> bool:
    """Whether the flag is set in any process of this run. All must ask at the same step; one alone gets its own flag back.

    Processes that stopped at different steps would wait for each other for ever.
    """
    if not torch.distributed.is_available() or not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return flag
    told = torch.tensor([int(flag)])
    torch.distributed.all_reduce(told, op=torch.distributed.ReduceOp.MAX, group=_cpu_group())
    return bool(told.item())


@functools.cache
def _cpu_group():
    """A way between the processes that does not wait for the GPU."""
    return torch.distributed.new_group(backend="gloo")


def peak_gpu_memory() -> int | None:
    """Bytes that PyTorch held at most; None without a GPU."""
    return torch.cuda.max_memory_reserved() if torch.cuda.is_available() else None


def library_versions() -> dict[str, str]:
    """The versions of what this run trains with."""
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # not every backend needs every library
    return versions


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) or hasattr(value, "item") else None
