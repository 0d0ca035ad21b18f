"""Transformers, TRL and PEFT: the part of train.py that loads the model. See train_main.py for the rest."""
#@ body


def device_settings(events: EventWriter) -> dict:
    """What depends on the machine: number format, optimiser, attention. Everything else is the same on CPU and GPU."""
    import importlib.util

    import torch

    kind = JOB["device"]["kind"]
    if kind == "cpu" or (kind == "cloud" and not torch.cuda.is_available()):
        torch.set_num_threads(JOB["device"].get("threads", torch.get_num_threads()))
        return {
            "type": "cpu", "name": "cpu", "dtype": "float32", "bf16": False, "fp16": False,
            "optimizer": "adamw_torch", "attention": "sdpa", "packing": True,
        }  # fmt: skip
    if not torch.cuda.is_available():
        raise RuntimeError("PyTorch finds no CUDA GPU. The environment may be made for the CPU, or the driver may be too old for it.")
    # bfloat16 has the range of float32 and needs no loss scaling; it is native from compute capability 8.0 (Ampere) on.
    gpu = int(os.environ.get("LOCAL_RANK", "0"))  # torchrun starts one process for each GPU
    native = torch.cuda.get_device_capability(gpu) >= (8, 0)
    flash = native and importlib.util.find_spec("flash_attn") is not None
    return {
        "type": "cuda", "gpu": gpu, "name": torch.cuda.get_device_name(gpu), "dtype": "bfloat16" if native else "float16",
        "bf16": native, "fp16": not native,
        #@ if lora qlora
        "optimizer": "adamw_8bit",
        #@ end
        #@ if full
        "optimizer": "adamw_torch_fused",
        #@ end
        # Both keep packed rows apart: the one by their lengths, the other by a mask that transformers makes from their positions.
        "attention": "flash_attention_2" if flash else "sdpa", "packing": True,
    }  # fmt: skip


def load_model(device: dict):
    """The model, ready to be trained, and its tokenizer."""
    import torch
    #@ if lora qlora
    from peft import LoraConfig, get_peft_model
    #@ end
    #@ if qlora
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, set_seed
    #@ end
    #@ if lora
    from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed
    #@ end
    #@ if full
    from transformers import AutoModelForCausalLM, AutoTokenizer
    #@ end

    path = JOB["model"]["path"]
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(
        path,
        #@ if lora qlora
        dtype=getattr(torch, device["dtype"]),
        #@ end
        #@ if full
        dtype=torch.float32,  # small updates would be lost in 16 bit; the trainer computes in 16 bit where the GPU can
        #@ end
        #@ if qlora
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, device["dtype"]),
        ),
        #@ end
        attn_implementation=device["attention"],
        device_map={"": device.get("gpu", "cpu")},
    )
    #@ if qlora
    for module in model.modules():
        # bitsandbytes 0.50 repacks 4-bit weights at the first evaluation on some CPUs, and gradients are wrong from then on.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    #@ end
    #@ if lora qlora
    set_seed(SETTINGS["seed"])
    lora = LoraConfig(
        r=SETTINGS["rank"],
        lora_alpha=SETTINGS["alpha"],
        lora_dropout=SETTINGS["dropout"],
        target_modules=SETTINGS["targetModules"],
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, lora)
    #@ end
    return model, tokenizer
