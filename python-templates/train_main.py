"""Fine-tunes a language model on examples of what it should say (supervised fine-tuning). Made by Tunesmith.

Run it by hand, in this folder, with the Python of the environment that Tunesmith made:

    python train.py

It reads job.json, which names the model, the data and every setting, and writes
    events.jsonl    progress, one JSON object a line
    checkpoints/    what is needed to go on from a step
    #@ if lora qlora
    adapter/        the result: the small set of weights that were trained, to be used together with the base model
    #@ end
    #@ if full
    model/          the result: the whole model
    #@ end
To stop early and keep the work, press Ctrl-C once, or make an empty file named stop.request in this folder.
"""

import json
import os
import sys
from pathlib import Path

from tunesmith_data import NO_TRAINED_TOKENS, DataProblem, Encoder
from tunesmith_events import EventWriter, StopRequest

RUN = Path(__file__).resolve().parent
JOB = json.loads((RUN / "job.json").read_text(encoding="utf-8"))
SETTINGS = JOB["settings"]
# A rented machine has places of its own for these two; elsewhere nobody sets the variables.
CHECKPOINTS = Path(os.environ.get("TUNESMITH_CHECKPOINTS", RUN / "checkpoints"))
#@ if lora qlora
RESULT = Path(os.environ.get("TUNESMITH_RESULT", RUN / "adapter"))
#@ end
#@ if full
RESULT = Path(os.environ.get("TUNESMITH_RESULT", RUN / "model"))
#@ end


def prepare_process() -> None:
    """Settings that libraries read when they are loaded, so they come before every import of one."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # the model is on this disk
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    #@ if unsloth
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"  # it reports its use otherwise
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(RUN / "unsloth_compiled_cache"))
    #@ end
    device = JOB["device"]
    if device["kind"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        #@ if unsloth
        os.environ["UNSLOTH_FORCE_CPU"] = "1"
        #@ end
        os.environ["OMP_NUM_THREADS"] = str(device["threads"])
    elif device["kind"] == "cuda":
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", device["gpuUuid"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)


#@ insert backend


def training_arguments(device: dict, evaluate: bool):
    """Every setting of the training loop, in the trainer's own names."""
    from trl import SFTConfig

    length = SETTINGS["length"]
    return SFTConfig(
        output_dir=str(CHECKPOINTS),
        # How long
        num_train_epochs=length["epochs"] if length["kind"] == "epochs" else 1,
        max_steps=length["steps"] if length["kind"] == "steps" else -1,
        # What one step learns from
        per_device_train_batch_size=SETTINGS["microBatch"],
        gradient_accumulation_steps=SETTINGS["gradientAccumulation"],
        max_length=SETTINGS["maxLength"],
        packing=SETTINGS["packing"] and device["packing"],
        # How it learns
        optim=device["optimizer"],
        learning_rate=SETTINGS["learningRate"],
        lr_scheduler_type=SETTINGS["schedule"],
        warmup_steps=SETTINGS["warmupRatio"],  # below 1, it is a share of all steps
        weight_decay=SETTINGS["weightDecay"],
        max_grad_norm=SETTINGS["maxGradNorm"],
        gradient_checkpointing=SETTINGS["gradientCheckpointing"],
        #@ if huggingface
        # The default reads the output head's own weights in pieces, which leaves out an adapter on it.
        loss_type="nll" if "lm_head" in SETTINGS["targetModules"] else "chunked_nll",
        #@ end
        seed=SETTINGS["seed"],
        # Numbers and device
        bf16=device["bf16"],
        fp16=device["fp16"],
        use_cpu=device["type"] == "cpu",
        dataloader_pin_memory=device["type"] == "cuda",
        ddp_find_unused_parameters=False,  # with several GPUs: every trained weight takes part in every step
        # Measuring, before the first step too
        eval_strategy="steps" if evaluate else "no",
        eval_steps=SETTINGS["evaluateEverySteps"] if evaluate else None,
        eval_on_start=evaluate and JOB["resume"] is None,
        per_device_eval_batch_size=SETTINGS["microBatch"],
        # Saving: at an interval, and always at the end
        save_strategy="steps",
        save_steps=SETTINGS["checkpointEverySteps"] or 1_000_000_000,
        save_total_limit=SETTINGS["keepCheckpoints"],
        # Reporting
        logging_steps=SETTINGS["logEverySteps"],
        logging_first_step=True,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        report_to="none",
    )


def read_data(tokenizer, path: str, events: EventWriter, check: dict, name: str):
    """Encodes one file with the model's own tokenizer and chat template, and adds what was found to `check`."""
    from tunesmith_trainer import encoded_dataset

    encoder = Encoder(tokenizer, SETTINGS["maxLength"], SETTINGS["answersOnly"])
    dataset = encoded_dataset(encoder.file(path))
    counts = encoder.statistics
    check[f"{name}_rows"] = counts.encoded_rows
    if name == "train":
        check["trained_tokens"] = counts.trained_tokens
        check["total_tokens"] = counts.total_tokens
        check["cut_rows"] = counts.cut_rows
        check["end_of_turn_trained"] = counts.end_of_turn_trained()
        if counts.encoded_rows == 0:
            raise DataProblem("zero-trained", NO_TRAINED_TOKENS)
    dropped = counts.rows_losing_answer + counts.rows_without_answer
    if dropped:
        within = f"within {SETTINGS['maxLength']} tokens"
        events.warning("rows-dropped", f"{dropped} rows of the {name} data have nothing to train {within} and are left out.")
    return dataset


def main(events: EventWriter) -> None:
    stop = StopRequest(RUN)
    events.status("importing", "Loading the libraries")
    device = device_settings(events)
    from trl import SFTTrainer

    import tunesmith_trainer as tunesmith

    events.emit("init", pid=os.getpid(), versions=tunesmith.library_versions(), device=device["name"], dtype=device["dtype"])

    events.status("loading-model", "Loading the model")
    model, tokenizer = load_model(device)

    events.status("reading-data", "Reading the data")
    check: dict = {"eval_rows": 0}
    train_data = read_data(tokenizer, JOB["data"]["trainPath"], events, check, "train")
    evaluate = JOB["data"]["evalPath"] is not None and SETTINGS["evaluateEverySteps"] > 0
    eval_data = read_data(tokenizer, JOB["data"]["evalPath"], events, check, "eval") if evaluate else None
    evaluate = evaluate and len(eval_data) > 0

    events.status("checking-data", "Checking what will be trained")
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        args=training_arguments(device, evaluate),
        train_dataset=train_data,
        eval_dataset=eval_data if evaluate else None,
    )
    rows_per_sequence = check["train_rows"] / len(trainer.train_dataset)  # 1 without packing
    rows_per_step = SETTINGS["microBatch"] * SETTINGS["gradientAccumulation"] * trainer.args.world_size * rows_per_sequence
    trainer.add_callback(tunesmith.ProgressCallback(events, stop, rows_per_step, rows_per_sequence))
    #@ if qlora
    if device["dtype"] != "bfloat16":
        tunesmith.keep_adapters_in_float32(trainer.model)
    #@ end
    tunesmith.check_first_batch(trainer)
    events.emit("data_check", **check)

    if not tunesmith.any_process(bool(stop)):
        events.status("training", "Training")
        checkpoint = JOB["resume"] and JOB["resume"]["checkpointPath"]
        if checkpoint and tunesmith.is_complete(checkpoint, SETTINGS["length"]):
            tunesmith.take_checkpoint(trainer, checkpoint)  # the trainer would learn one step more
        else:
            trainer.train(resume_from_checkpoint=checkpoint)
        events.status("saving", "Saving the result")
        tunesmith.save_result(trainer, JOB, RESULT, device["dtype"])
    finished = 0 < trainer.state.max_steps <= trainer.state.global_step
    stop.clear()
    events.status("done", "Done" if finished else "Stopped as asked")
    events.emit(
        "train_end",
        step=trainer.state.global_step,
        outcome="completed" if finished else "stopped",
        output_path=str(RESULT) if RESULT.exists() else None,
        peak_gpu_memory_bytes=tunesmith.peak_gpu_memory(),
    )


if __name__ == "__main__":
    prepare_process()
    writer = EventWriter(RUN / "events.jsonl")
    with writer.errors_reported():
        main(writer)
