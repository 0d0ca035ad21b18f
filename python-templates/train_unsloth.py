"""Unsloth: the part of train.py that loads the model. See train_main.py for the rest."""
#@ body


def device_settings(events: EventWriter) -> dict:
    """What depends on the machine: number format, optimiser, gradient checkpointing. Everything else is the same on CPU and GPU."""
    import unsloth  # noqa: F401 - first of all libraries: it patches the others while they load
    import torch

    kind = JOB["device"]["kind"]
    if kind == "cpu" or (kind == "cloud" and not torch.cuda.is_available()):
        torch.set_num_threads(JOB["device"].get("threads", torch.get_num_threads()))
        if SETTINGS["packing"]:
            events.warning("packing-unavailable", "Unsloth can't keep packed rows apart on a CPU, so rows are not packed.")
        return {
            "type": "cpu", "name": "cpu", "dtype": "float32", "bf16": False, "fp16": False,
            "optimizer": "adamw_torch", "packing": False, "checkpointing": True,
        }  # fmt: skip
    if not torch.cuda.is_available():
        raise RuntimeError("PyTorch finds no CUDA GPU. The environment may be made for the CPU, or the driver may be too old for it.")
    # bfloat16 has the range of float32 and needs no loss scaling; it is native from compute capability 8.0 (Ampere) on.
    gpu = int(os.environ.get("LOCAL_RANK", "0"))  # torchrun starts one process for each GPU
    native = torch.cuda.get_device_capability(gpu) >= (8, 0)
    return {
        "type": "cuda", "name": torch.cuda.get_device_name(gpu), "dtype": "bfloat16" if native else "float16",
        "bf16": native, "fp16": not native,
        # "unsloth": its own gradient checkpointing, which also moves activations to main memory
        "optimizer": "adamw_8bit", "packing": True, "checkpointing": "unsloth",
    }  # fmt: skip


def load_model(device: dict):
    """The model, ready to be trained, and its tokenizer."""
    import torch
    from unsloth import FastLanguageModel

    checkpointing = SETTINGS["gradientCheckpointing"] and device["checkpointing"]
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=JOB["model"]["path"],
        max_seq_length=SETTINGS["maxLength"],
        dtype=getattr(torch, device["dtype"]),
        #@ if qlora
        load_in_4bit=True,
        #@ end
        #@ if lora
        load_in_4bit=False,
        load_in_16bit=True,
        #@ end
        #@ if full
        load_in_4bit=False,
        full_finetuning=True,
        #@ end
        use_gradient_checkpointing=checkpointing,
    )
    #@ if qlora
    if not any(type(module).__name__ == "Linear4bit" for module in model.modules()):
        raise RuntimeError("Unsloth could not load this model in 4 bit on this machine. Train it with LoRA instead.")
    #@ end
    #@ if lora qlora
    model = FastLanguageModel.get_peft_model(
        model,
        r=SETTINGS["rank"],
        lora_alpha=SETTINGS["alpha"],
        lora_dropout=SETTINGS["dropout"],
        target_modules=SETTINGS["targetModules"],
        bias="none",
        use_gradient_checkpointing=checkpointing,
        random_state=SETTINGS["seed"],
    )
    #@ end
    return model, getattr(tokenizer, "tokenizer", tokenizer)  # a model that also sees images comes with a processor
