#!/usr/bin/env python3
"""Keeps a training run alive without the app, and shows it.

    supervisor.py run    --folder RUN -- PYTHON train.py   start a run, detached; prints its status as JSON
    supervisor.py follow --folder RUN [--from N]           print console.log until the run has ended
    supervisor.py stop   --folder RUN [--force]            ask the trainer to save and stop, or kill it

Files in RUN: console.log (what the trainer prints), status.json (how it is), stop.request (somebody wants it to end).
The trainer writes to console.log itself, so it goes on even when the supervisor is killed.
Only the standard library; Python 3.9 or newer; Linux, macOS and Windows.
One file of over 400 lines, since a single path has to be enough to run it with any interpreter.
"""
from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List, Optional

WINDOWS = os.name == "nt"
STATUS = "status.json"
CONSOLE = "console.log"
STOP = "stop.request"
STATUS_BYTES = 1024  # status.json is padded, so that its last version still fits over the first on a full disk
HANDSHAKE_SECONDS = 30.0
MEMORY_POLL_SECONDS = 1.0
FOLLOW_POLL_SECONDS = 0.05
IDENTITY_POLL_SECONDS = 1.0

EXIT_USAGE = 2
EXIT_GONE = 3  # trainer and supervisor are gone and nobody wrote how it ended
EXIT_TAKEN = 4  # the folder holds a run already


# ---------------------------------------------------------------- who is this process

def start_time(pid: int) -> Optional[str]:
    """When the system started this process, as an opaque text; None when it is gone or a zombie."""
    if sys.platform.startswith("linux"):
        return _linux_start_time(pid)
    if WINDOWS:
        return _windows_start_time(pid)
    environment = dict(os.environ, LC_ALL="C", TZ="UTC")
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], env=environment, capture_output=True, text=True)
    words = answer.stdout.split()
    return None if len(words) < 2 or words[0].startswith("Z") else " ".join(words[1:])


def _linux_start_time(pid: int) -> Optional[str]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()  # the name in front may hold spaces and brackets
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
    except OSError:
        return None
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    return f"{boot}:{fields[19].decode('ascii')}"


def _windows_start_time(pid: int) -> Optional[str]:
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = wintypes.HANDLE
    query_limited, still_active = 0x1000, 259
    handle = kernel.OpenProcess(query_limited, False, pid)
    if not handle:
        return None
    try:
        code = wintypes.DWORD()
        times = [wintypes.FILETIME() for _ in range(4)]
        if not kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code)) or code.value != still_active:
            return None
        if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *[ctypes.byref(item) for item in times]):
            return None
        return str((times[0].dwHighDateTime << 32) | times[0].dwLowDateTime)
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))


def is_alive(pid: Optional[int], started: Optional[str]) -> bool:
    return pid is not None and started is not None and start_time(pid) == started


# ---------------------------------------------------------------- status.json

def now_ms() -> int:
    return int(time.time() * 1000)


def read_status(folder: str) -> Optional[Dict[str, Any]]:
    """The last whole status; None while there is none. On Windows a replace can hide the file for an instant."""
    for _ in range(5):
        try:
            with open(os.path.join(folder, STATUS), encoding="utf-8") as file:
                value = json.load(file)
            return value if isinstance(value, dict) else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            time.sleep(0.02)
    return None


def status_bytes(status: Dict[str, Any]) -> bytes:
    text = json.dumps(status, indent=1).encode("utf-8")
    return text + b" " * max(0, STATUS_BYTES - 1 - len(text)) + b"\n"


def write_status(folder: str, status: Dict[str, Any]) -> None:
    """Replaces status.json in one go. On a full disk the old file is overwritten in place: it takes no new block."""
    path = os.path.join(folder, STATUS)
    data = status_bytes(status)
    for _ in range(50):
        try:
            with open(path + ".new", "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(path + ".new", path)
            return
        except OSError:
            if _overwrite(path, data):
                return
            time.sleep(0.1)
    raise OSError("status.json can't be written")


def _overwrite(path: str, data: bytes) -> bool:
    try:
        with open(path, "r+b") as file:
            file.write(data)
            file.truncate()
        return True
    except OSError:
        return False


# ---------------------------------------------------------------- run: start detached, wait for the first status

def run(folder: str, command: List[str]) -> int:
    """Starts `serve` in a session of its own and returns once it says that the trainer runs or could not start.

    This process ends right after, so the supervisor has no parent among the app's processes: killing the app's
    group or its whole tree does not reach it.
    """
    if read_status(folder) is not None:
        sys.stderr.write("this folder holds a run already\n")
        return EXIT_TAKEN
    arguments = [sys.executable, os.path.abspath(__file__), "serve", "--folder", folder, "--", *command]
    child = _spawn_detached(arguments, folder)
    deadline = time.monotonic() + HANDSHAKE_SECONDS
    while time.monotonic() < deadline:
        status = read_status(folder)
        if status is not None and status["state"] != "starting":
            if status["supervisorPid"] != child.pid:  # somebody else was faster
                return EXIT_TAKEN
            sys.stdout.write(json.dumps(status) + "\n")
            return 0
        if child.poll() is not None and read_status(folder) is None:
            sys.stderr.write("the supervisor ended before it could write status.json\n")
            return 1
        time.sleep(0.01)
    stop(folder, force=True)  # it may come up after all, and would train for nobody
    sys.stderr.write("the supervisor did not start in time\n")
    return 1


def _spawn_detached(arguments: List[str], folder: str) -> "subprocess.Popen[bytes]":
    quiet: Dict[str, Any] = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, close_fds=True)
    if not WINDOWS:
        return subprocess.Popen(arguments, start_new_session=True, **quiet)
    detached, new_group, breakaway = 0x00000008, 0x00000200, 0x01000000
    try:
        return subprocess.Popen(arguments, creationflags=detached | new_group | breakaway, **quiet)
    except OSError:  # the app runs in a job object that forbids a breakaway
        return subprocess.Popen(arguments, creationflags=detached | new_group, **quiet)


# ---------------------------------------------------------------- serve: the supervisor itself

def serve(folder: str, command: List[str]) -> int:
    status: Dict[str, Any] = {
        "schemaVersion": 1,
        "state": "starting",
        "supervisorPid": os.getpid(),
        "supervisorStartTime": start_time(os.getpid()),
        "trainerPid": None,
        "trainerStartTime": None,
        "startedAtMs": now_ms(),
        "finishedAtMs": None,
        "exitCode": None,
        "signal": None,
        "peakMemoryBytes": None,
        "oomKills": None,
        "stopRequested": False,
    }
    try:  # creating it is the claim on this folder: of two supervisors one loses here
        descriptor = os.open(os.path.join(folder, STATUS), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return EXIT_TAKEN
    with os.fdopen(descriptor, "wb") as file:
        file.write(status_bytes(status))
    _stop_on_signal(folder)

    if os.path.exists(os.path.join(folder, STOP)):  # cancelled before it began
        write_status(folder, dict(status, state="exited", finishedAtMs=now_ms(), stopRequested=True))
        return 0

    with open(os.path.join(folder, CONSOLE), "ab", buffering=0) as console:
        try:
            trainer = _start_trainer(command, folder, console)
        except OSError as error:
            console.write(f"the trainer could not be started: {error}\n".encode("utf-8", "replace"))
            write_status(folder, dict(status, state="exited", finishedAtMs=now_ms(), exitCode=127))
            return 1

    status.update(state="running", trainerPid=trainer.pid, trainerStartTime=start_time(trainer.pid))
    write_status(folder, status)
    # Who forces an end writes the request first and looks for the trainer then. It may have looked a moment too early.
    if stop_mode(folder) == "force":
        kill_tree(trainer.pid)
    memory = Memory(trainer.pid)
    exit_code, signal_name, peak = _wait(trainer)
    memory.stop()
    status.update(
        state="exited",
        finishedAtMs=now_ms(),
        exitCode=exit_code,
        signal=signal_name,
        peakMemoryBytes=max(peak or 0, memory.peak) or None,
        oomKills=memory.oom_kills(),
        stopRequested=os.path.exists(os.path.join(folder, STOP)),
    )
    write_status(folder, status)
    return 0


def _stop_on_signal(folder: str) -> None:
    """At logout or shutdown the trainer gets the chance to save. A closing terminal changes nothing."""
    def ask(_number: int, _frame: Any) -> None:
        try:
            request_stop(folder, "graceful")
        except OSError as error:  # a full disk must not end the supervisor
            sys.stderr.write(f"{error}\n")

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _start_trainer(command: List[str], folder: str, console: Any) -> "subprocess.Popen[bytes]":
    # No terminal is behind console.log, so tqdm takes its width from COLUMNS.
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONUTF8="1")
    environment.setdefault("COLUMNS", "100")
    files: Dict[str, Any] = dict(stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, cwd=folder, env=environment)
    if WINDOWS:
        new_group, no_window = 0x00000200, 0x08000000
        return subprocess.Popen(command, creationflags=new_group | no_window, **files)
    return subprocess.Popen(command, start_new_session=True, **files)


def _wait(trainer: "subprocess.Popen[bytes]") -> Any:
    """(exit code, signal name, peak bytes). The kernel's own peak is exact for the trainer, children it waited for included."""
    if WINDOWS:
        code = trainer.wait()
        return code, None, _windows_peak(trainer)
    if hasattr(os, "waitid"):  # it is not reaped yet, so its number can't belong to somebody else
        os.waitid(os.P_PID, trainer.pid, os.WEXITED | os.WNOWAIT)
        _kill_group(trainer.pid)
    _, raw, usage = os.wait4(trainer.pid, 0)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if os.WIFSIGNALED(raw):
        number = os.WTERMSIG(raw)
        try:
            return None, signal.Signals(number).name, peak
        except ValueError:
            return None, f"SIG{number}", peak
    return os.WEXITSTATUS(raw), None, peak


def _kill_group(group: int) -> None:
    """Ends workers that the trainer left behind: they would keep memory and hold the GPU."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _windows_peak(trainer: "subprocess.Popen[bytes]") -> Optional[int]:
    import ctypes
    from ctypes import wintypes

    size = ctypes.c_size_t

    class Counters(ctypes.Structure):
        _fields_ = [("cb", wintypes.DWORD), ("PageFaultCount", wintypes.DWORD), ("PeakWorkingSetSize", size), ("WorkingSetSize", size),
                    ("QuotaPeakPagedPoolUsage", size), ("QuotaPagedPoolUsage", size), ("QuotaPeakNonPagedPoolUsage", size),
                    ("QuotaNonPagedPoolUsage", size), ("PagefileUsage", size), ("PeakPagefileUsage", size)]

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    handle = wintypes.HANDLE(int(trainer._handle))  # type: ignore[attr-defined]
    ok = ctypes.WinDLL("psapi").GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb)  # type: ignore[attr-defined]
    return int(counters.PeakWorkingSetSize) if ok else None


class Memory:
    """Watches the trainer with its children once a second (Linux): resident bytes, shared pages counted once per process."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._kills = [_kernel_oom_kills()] * 3
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if sys.platform.startswith("linux"):
            self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(MEMORY_POLL_SECONDS):
            self.peak = max(self.peak, sum(_resident_bytes(pid) for pid in _tree(self._pid)))
            self._kills = [*self._kills[1:], _kernel_oom_kills()]

    def stop(self) -> None:
        self._done.set()

    def oom_kills(self) -> Optional[int]:
        """How many processes the kernel killed for want of memory in the last two or three seconds; None where it does not say."""
        before, after = self._kills[0], _kernel_oom_kills()
        return None if before is None or after is None else after - before


def _kernel_oom_kills() -> Optional[int]:
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    except (OSError, ValueError):
        return None
    return None


def _resident_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _tree(root: int) -> List[int]:
    """The process and its descendants; on systems without /proc only itself."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                    waiting.extend(int(word) for word in file.read().split())
            except OSError:
                continue
    return found


# ---------------------------------------------------------------- follow: console.log as it grows

def follow(folder: str, offset: int) -> int:
    """Prints console.log from byte `offset` until the run has ended and all of it is out; the exit code says how it ended."""
    _raw_output()
    path = os.path.join(folder, CONSOLE)
    next_check = 0.0
    while True:
        end: Optional[int] = None
        if time.monotonic() >= next_check:
            end = ended(folder)  # asked before reading: what comes after an end was written before it
            next_check = time.monotonic() + (IDENTITY_POLL_SECONDS if end is None else 0.0)
        offset, grew = _print_from(path, offset)
        if end is not None and not grew:
            return end
        if not grew:
            time.sleep(FOLLOW_POLL_SECONDS)
            if _exited(folder):
                next_check = 0.0


def _exited(folder: str) -> bool:
    status = read_status(folder)
    return status is not None and status.get("state") == "exited"


def _print_from(path: str, offset: int) -> Any:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read(65536)
    except FileNotFoundError:
        return offset, False
    if WINDOWS:  # through Python's console writer, which speaks UTF-8 whatever the code page is
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        view = memoryview(data)
        while view:
            view = view[os.write(sys.stdout.fileno(), view):]
    return offset + len(data), bool(data)


def _raw_output() -> None:
    """Lets bytes through a pty unchanged (no "\\n" to "\\r\\n"), so that the reader can count how far it got."""
    try:
        import termios

        attributes = termios.tcgetattr(sys.stdout.fileno())
        attributes[1] &= ~termios.OPOST
        attributes[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(sys.stdout.fileno(), termios.TCSANOW, attributes)
    except Exception:  # Windows has no termios; a pipe or a file is no terminal
        return


def ended(folder: str) -> Optional[int]:
    """None while the run goes on; else the follower's exit code: 0, 1 (ended badly) or EXIT_GONE."""
    status = read_status(folder)
    if status is None:
        return None
    if status["state"] == "exited":
        return 0 if status["exitCode"] == 0 else 1
    if is_alive(status["trainerPid"], status["trainerStartTime"]) or is_alive(status["supervisorPid"], status["supervisorStartTime"]):
        return None
    final = read_status(folder)  # it may have ended between the two looks
    return ended(folder) if final is not None and final["state"] == "exited" else EXIT_GONE


# ---------------------------------------------------------------- stop

def request_stop(folder: str, mode: str) -> None:
    with open(os.path.join(folder, STOP), "w", encoding="utf-8", newline="\n") as file:
        file.write(mode + "\n")


def stop(folder: str, force: bool) -> int:
    request_stop(folder, "force" if force else "graceful")
    status = read_status(folder)
    if not force or status is None or status["state"] != "running" or not is_alive(status["trainerPid"], status["trainerStartTime"]):
        return 0
    kill_tree(int(status["trainerPid"]))
    return 0


def stop_mode(folder: str) -> Optional[str]:
    try:
        with open(os.path.join(folder, STOP), encoding="utf-8") as file:
            return "force" if file.read().strip() == "force" else "graceful"
    except OSError:
        return None


def kill_tree(pid: int) -> None:
    if WINDOWS:
        subprocess.run(["taskkill", "/PID", str(pid), "/T", "/F"], capture_output=True)
        return
    members = _tree(pid)
    for kill, target in [(os.killpg, pid), *[(os.kill, member) for member in members]]:
        try:
            kill(target, signal.SIGKILL)
        except ProcessLookupError:
            continue


def main(arguments: List[str]) -> int:
    command: List[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(prog="supervisor.py", description="Runs, follows and stops a training run.")
    modes = parser.add_subparsers(dest="mode", required=True)
    for name in ("run", "serve", "follow", "stop"):
        modes.add_parser(name).add_argument("--folder", required=True)
    modes.choices["follow"].add_argument("--from", dest="offset", type=int, default=0)
    modes.choices["stop"].add_argument("--force", action="store_true")
    options = parser.parse_args(arguments)
    folder = os.path.abspath(options.folder)
    if options.mode in ("run", "serve"):
        if not command:
            parser.error("a command after -- is needed")
        return run(folder, command) if options.mode == "run" else serve(folder, command)
    if options.mode == "follow":
        return follow(folder, options.offset)
    return stop(folder, options.force)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
