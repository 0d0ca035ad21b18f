"""Writes events.jsonl, the progress of a run: one JSON object a line, flushed at once.

Every line has `seq` (counts from 0 and goes on where an existing file ends), `t` (Unix time in seconds) and `event`.
Keys that do not apply are left out. JSON has no NaN, so a number that is NaN or infinite is left out and named in `nonfinite`.
This module uses the standard library only: events can be written before the large libraries are loaded.
"""

import json
import math
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

MAX_MESSAGE = 4_000
MAX_TRACEBACK = 20_000
_TAIL_BYTES = 1 << 20


class EventWriter:
    """Appends events to a file. Safe to use from several threads; a failing disk never stops the training.

    Where torchrun starts several processes, the first one speaks for all of them.
    """

    on_line: Callable[[str], None] | None = None
    """Called with every line that was written, for a program around this one that sends them on."""

    def __init__(self, path: Path) -> None:
        self._silent = os.environ.get("RANK", "0") != "0"
        if self._silent:
            return
        self._lock = threading.Lock()
        self._failed = False
        self._seq, torn = _resume_point(path)
        self._file = open(path, "a", encoding="utf-8", newline="\n")
        if torn:
            self._file.write("\n")  # a line that a kill cut short stays on its own

    def emit(self, event: str, /, **values: object) -> None:
        """Writes one line. A value of None is left out."""
        if self._silent:
            return
        record: dict[str, object] = {"seq": 0, "t": round(time.time(), 3), "event": event}
        nonfinite = []
        for key, value in values.items():
            if isinstance(value, float) and not math.isfinite(value):
                nonfinite.append(key)
            elif value is not None:
                record[key] = value
        if nonfinite:
            record["nonfinite"] = nonfinite
        try:
            with self._lock:
                record["seq"] = self._seq
                line = json.dumps(record, allow_nan=False, separators=(",", ":"), default=str)
                self._seq += 1  # used up even if the disk is full: the line may wait in the buffer and come out later
                self._file.write(line + "\n")
                self._file.flush()
                if EventWriter.on_line is not None:
                    EventWriter.on_line(line)
        except Exception as error:  # progress is worth less than the training
            if not self._failed:  # said once; a full disk would otherwise fill the console too
                self._failed = True
                print(f"Tunesmith: events.jsonl can't be written: {error}", file=sys.stderr)

    def status(self, stage: str, message: str) -> None:
        """What the run is doing before and after its steps."""
        if not self._silent:
            print(f"Tunesmith: {message}", flush=True)
        self.emit("status", stage=stage, message=message)

    def warning(self, code: str, message: str) -> None:
        if not self._silent:
            print(f"Tunesmith: warning: {message}", flush=True)
        self.emit("warning", code=code, message=message[:MAX_MESSAGE])

    @contextmanager
    def errors_reported(self):
        """Writes an `error` event for whatever leaves the block, and lets it pass on to the console and the exit code."""
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, SystemExit) and error.code in (None, 0)):
                text = "".join(traceback.format_exception(error))
                self.emit("error", type=type(error).__name__, message=str(error)[:MAX_MESSAGE], traceback=text[-MAX_TRACEBACK:])
            raise


def _resume_point(path: Path) -> tuple[int, bool]:
    """The next `seq` for a file that may exist already, and whether its last line is cut short."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except FileNotFoundError:
        return 0, False
    torn = size > 0 and not tail.endswith(b"\n")
    for line in reversed(tail.split(b"\n")):
        try:
            return int(json.loads(line)["seq"]) + 1, torn
        except (ValueError, KeyError, TypeError):
            continue
    return 0, torn


class StopRequest:
    """Whether somebody asked the run to stop: by a file named stop.request in its folder, by SIGTERM, or by Ctrl-C.

    A stop saves a checkpoint and the result first. A second Ctrl-C ends the run at once.
    """

    def __init__(self, folder: Path) -> None:
        self._file = str(folder / "stop.request")
        self._signalled = False
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # SIGBREAK is the one that Windows can send to a process group
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signalled = True
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __bool__(self) -> bool:
        return self._signalled or os.path.exists(self._file)

    def clear(self) -> None:
        """Called once the stop is done, so that the next run in this folder does not stop at its first step."""
        self._signalled = False
        Path(self._file).unlink(missing_ok=True)
