"""Runs train.py inside a SageMaker training job. Made by Tunesmith.

SageMaker's toolkit starts this file, once for each GPU where there are several. It makes a run folder, writes the places of this
machine into job.json, and runs train.py: the very script that a run at home gets. Every event is also printed as one line, which the
app finds again in the log of the job:

    @tunesmith <attempt> <event as JSON>

An attempt is one life of this program, named by its start in milliseconds. After a spot interruption SageMaker starts the next one,
which goes on from the newest whole checkpoint. Every event of every attempt is kept in events.jsonl beside the result.
"""

import itertools
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CODE = Path(__file__).resolve().parent
BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))  # the toolkit's own variable and default
CHECKPOINTS = BASE / "checkpoints"  # SageMaker copies it to S3 while we train, and back before the next attempt
KEPT_EVENTS = "events.jsonl"
FILE_LIST = "tunesmith-files.json"
ALONE = "requirements-alone.txt"
MAX_PRINTED = 65_536
STOP_LOOK_SECONDS = 2.0
FIRST = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun starts, over all machines


def local_job(job: dict) -> dict:
    """The job with this machine's places for the ones that job.json names by a variable."""
    job["model"]["path"] = model_path(job)
    for key in ("trainPath", "evalPath"):
        if job["data"][key] is not None:
            job["data"][key] = os.path.expandvars(job["data"][key])
    if job["resume"] is not None:
        job["resume"]["checkpointPath"] = os.path.expandvars(job["resume"]["checkpointPath"])
    newest = newest_checkpoint()
    if newest is not None:
        step, path = newest
        print(f"Tunesmith: going on from step {step}", flush=True)
        job["resume"] = {"jobId": job["jobId"], "checkpointPath": str(path), "step": step}
    share_step(job["settings"], int(os.environ.get("WORLD_SIZE", "1")))
    return job


def model_path(job: dict) -> str:
    """The folder that came with the job, or the model of a hub by its name."""
    path = os.path.expandvars(job["model"]["path"])
    if os.path.isabs(path):
        return path
    import boto3
    from huggingface_hub import snapshot_download

    # Only the name of the secret came with the job; the token itself stays in this process.
    secrets = boto3.client("secretsmanager", region_name=os.environ.get("AWS_REGION"))
    token = secrets.get_secret_value(SecretId=job["cloud"]["hubTokenSecret"])["SecretString"].strip()
    return snapshot_download(path, token=token, local_dir=BASE / "input" / "hub-model", allow_patterns=["*.json", "*.safetensors", "*.model", "*.jinja", "*.txt"])


def share_step(settings: dict, processes: int) -> None:
    """Divides the rows of one step among the processes, so that a step learns from as many rows as on one GPU."""
    rows = settings["microBatch"] * settings["gradientAccumulation"]
    if rows % processes:
        settings["gradientAccumulation"] = max(1, round(settings["gradientAccumulation"] / processes))
        now = settings["microBatch"] * settings["gradientAccumulation"] * processes
        print(f"Tunesmith: warning: {rows} rows can't be divided among {processes} GPUs; a step learns from {now} rows", flush=True)
        return
    own = rows // processes
    settings["microBatch"] = max(size for size in range(1, settings["microBatch"] + 1) if own % size == 0)
    settings["gradientAccumulation"] = own // settings["microBatch"]


def newest_checkpoint() -> tuple[int, Path] | None:
    """The newest checkpoint of an earlier attempt that came back whole: an interruption can cut the copy to S3 short."""
    whole = [(int(path.name.rpartition("-")[2]), path) for path in CHECKPOINTS.glob("checkpoint-*") if path.name[11:].isdigit() and is_whole(path)]
    return max(whole, default=None)


def is_whole(folder: Path) -> bool:
    try:
        sizes = json.loads((folder / FILE_LIST).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def list_files(folder: Path) -> None:
    """Notes what a finished checkpoint consists of. Written last, and checked by size, because files reach S3 in any order."""
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != FILE_LIST}
    (folder / FILE_LIST).write_text(json.dumps(sizes), encoding="utf-8")


def report_events(attempt: int, result: Path):
    """What is done with every event: printed for the app, and kept beside the checkpoints and beside the result."""
    CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    earlier = CHECKPOINTS / KEPT_EVENTS
    if earlier.exists():
        shutil.copyfile(earlier, result / KEPT_EVENTS)
    kept = [open(folder / KEPT_EVENTS, "a", encoding="utf-8", newline="\n") for folder in (CHECKPOINTS, result)]

    def report(line: str) -> None:
        # The toolkit cuts its output where a buffer ends and trims both parts, so a blank inside of a line could be lost.
        printed = f"@tunesmith {attempt} {line.replace(' ', chr(92) + 'u0020')}\n".encode()
        if len(printed) <= MAX_PRINTED:
            os.write(1, printed)
        for file in kept:
            file.write(f'{{"attempt":{attempt},{line[1:]}\n')
            file.flush()
        if '"event":"checkpoint"' in line:
            list_files(Path(json.loads(line)["path"]))

    return report


def watch_for_stop(address: str, run: Path) -> None:
    """Looks in S3 whether the app asked the run to end.

    A stop of SageMaker is a signal that AWS's images do not pass on to the script (sagemaker-training-toolkit, issue 125), and an end
    without mercy two minutes later. The app leaves an object beside the job too, so that the work can be saved within that time.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return  # an image of the user's own without it: a stop is a signal there, if anything

    bucket, _, key = address.removeprefix("s3://").partition("/")
    client = boto3.client("s3", region_name=os.environ.get("AWS_REGION"))

    def watch() -> None:
        asked = False
        for look in itertools.count():
            time.sleep(STOP_LOOK_SECONDS if look > 0 else 0)
            try:
                wanted = client.get_object(Bucket=bucket, Key=key)["Body"].read(100).decode().strip()
            except (BotoCoreError, ClientError, OSError):
                continue  # most often: there is no such object
            if wanted == "force":
                os._exit(143)
            if not asked:
                asked = True  # once: train.py takes the file away when it is done
                (run / "stop.request").write_text(wanted + "\n", encoding="utf-8")

    threading.Thread(target=watch, daemon=True).start()


def install_alone() -> None:
    """Packages whose own requirements would replace the image's PyTorch are installed without them."""
    if not (CODE / ALONE).exists():
        return
    import fcntl

    with open(Path(tempfile.gettempdir()) / "tunesmith-install.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process of this machine at a time; the others find it done
        subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "-r", str(CODE / ALONE)], check=True, cwd=CODE)


def main() -> None:
    attempt = time.time_ns() // 1_000_000
    install_alone()
    run = Path(tempfile.mkdtemp(prefix="tunesmith-"))  # one for each process
    for path in CODE.glob("*.py"):
        shutil.copy(path, run)
    job = local_job(json.loads((CODE / "job.json").read_text(encoding="utf-8")))
    (run / "job.json").write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")
    result = Path(os.environ["SM_MODEL_DIR"])
    os.environ["TUNESMITH_CHECKPOINTS"] = str(CHECKPOINTS)
    os.environ["TUNESMITH_RESULT"] = str(result / ("model" if job["settings"]["method"] == "full" else "adapter"))
    sys.path.insert(0, str(run))
    os.chdir(run)
    import tunesmith_events

    if FIRST:
        watch_for_stop(job["stopRequest"], run)
        tunesmith_events.EventWriter.on_line = staticmethod(report_events(attempt, result))
    runpy.run_path(str(run / "train.py"), run_name="__main__")


if __name__ == "__main__":
    main()
