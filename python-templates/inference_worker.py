"""Answers prompts with a base model and its adapters, for Tunesmith's comparison and chat.

Reads one JSON request a line from stdin and writes one JSON answer a line to stdout. The base stays loaded; adapters are
loaded once and switched. Requests run one after the other; `stop` takes effect between two tokens.

    {"id": 1, "op": "load", "base": PATH, "precision": "float32", "device": "cpu", "threads": 1}
    {"id": 2, "op": "generate", "adapter": PATH or null, "messages": [...], "temperature": 0, "top_p": 1, "max_new_tokens": 64, "seed": 7}
    {"id": 3, "op": "score", "adapter": PATH or null, "messages": [...], "reference": "..."}
    {"id": 4, "op": "merge", "base": PATH, "adapter": PATH, "out": PATH}
    {"op": "stop", "target": 2}

Answers: {"id", "event": "token", "text"}, {"id", "event": "done", ...}, {"id", "event": "error", "type", "message"}.
"""

import json
import os
import queue
import sys
import threading
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

OUT = sys.stdout
sys.stdout = sys.stderr  # libraries print banners; answers stay alone on stdout
WRITE = threading.Lock()
STOPPED: set[int] = set()


def emit(request_id, event, **fields):
    with WRITE:
        OUT.write(json.dumps({"id": request_id, "event": event, **fields}, ensure_ascii=False, allow_nan=False) + "\n")
        OUT.flush()


class Worker:
    """One base model in memory, and the adapters that were asked for."""

    def __init__(self):
        self.base_path = None
        self.model = None
        self.tokenizer = None
        self.adapters = {}

    def load(self, base, precision, device, threads):
        """Load a base at one stated precision; base and adapters answer with the same weights."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(max(1, threads))
        started = time.perf_counter()
        wanted = (base, precision, device)
        if self.base_path != wanted:
            self.forget()
            options = {"dtype": {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(precision, torch.float32)}
            if precision == "nf4":
                from transformers import BitsAndBytesConfig

                compute = torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
                options = {"dtype": compute, "quantization_config": BitsAndBytesConfig(
                    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=compute)}
            self.tokenizer = AutoTokenizer.from_pretrained(base)
            self.model = AutoModelForCausalLM.from_pretrained(base, device_map={"": device}, **options).eval()
            self.base_path = wanted
        return {"load_ms": (time.perf_counter() - started) * 1000, "dtype": str(self.model.dtype).removeprefix("torch.")}

    def forget(self):
        """Free the model, so that the next one has its memory."""
        import gc

        import torch

        self.base_path, self.model, self.adapters = None, None, {}
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def use(self, adapter):
        """The model with this adapter switched on, or the bare base for None."""
        import contextlib

        if self.model is None:
            raise RuntimeError("no base model is loaded")
        if adapter is None:
            return self.model, (self.model.disable_adapter() if self.adapters else contextlib.nullcontext())
        from peft import PeftModel

        if adapter not in self.adapters:
            name = f"a{len(self.adapters)}"
            try:
                if self.adapters:
                    self.model.load_adapter(adapter, adapter_name=name)
                else:
                    self.model = PeftModel.from_pretrained(self.model, adapter, adapter_name=name).eval()
            except Exception:
                # PEFT changes the base in place: after half an adapter it is no longer the base, and is loaded again.
                self.forget()
                raise
            self.adapters[adapter] = name
        self.model.set_adapter(self.adapters[adapter])
        self.model.eval()
        return self.model, contextlib.nullcontext()

    def prompt_ids(self, messages):
        import torch

        if self.tokenizer.chat_template is None:
            # A base model without a template is asked with the bare text, as it was trained.
            ids = self.tokenizer("\n".join(message["content"] for message in messages))["input_ids"]
        else:
            ids = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)["input_ids"]
        return torch.tensor([ids], device=self.model.device)

    def end_tokens(self):
        configured = self.model.generation_config.eos_token_id
        ends = set(configured if isinstance(configured, list) else [configured]) | {self.tokenizer.eos_token_id}
        return {token for token in ends if token is not None}

    def generate(self, request_id, adapter, messages, temperature, top_p, max_new_tokens, seed):
        """Stream an answer token by token: greedy at temperature 0, else nucleus sampling with a seed."""
        import torch

        model, adapter_off = self.use(adapter)
        ids = self.prompt_ids(messages)
        ends = self.end_tokens()
        generator = torch.Generator(device="cpu").manual_seed(seed)
        produced, past, stopped = [], None, "length"
        text_of = StreamDecoder(self.tokenizer)
        started = time.perf_counter()
        first_token_ms = None
        with torch.inference_mode(), adapter_off:
            step_ids = ids
            for _ in range(max_new_tokens):
                if request_id in STOPPED:
                    stopped = "stopped"
                    break
                result = model(input_ids=step_ids, past_key_values=past, use_cache=True)
                past = result.past_key_values
                token = choose(result.logits[0, -1].float().cpu(), temperature, top_p, generator)
                if first_token_ms is None:
                    first_token_ms = (time.perf_counter() - started) * 1000
                if token in ends:
                    stopped = "end-of-turn"
                    break
                produced.append(token)
                if text := text_of.add(token):
                    emit(request_id, "token", text=text)
                step_ids = torch.tensor([[token]], device=model.device)
        total_ms = (time.perf_counter() - started) * 1000
        return {"text": self.tokenizer.decode(produced, skip_special_tokens=True), "tokens": len(produced), "prompt_tokens": ids.shape[1],
                "first_token_ms": first_token_ms or total_ms, "total_ms": total_ms, "stopped": stopped}

    def score(self, adapter, messages, reference):
        """Mean negative log likelihood of the reference answer and its end of turn, in nats per token."""
        import torch

        model, adapter_off = self.use(adapter)
        prompt = self.prompt_ids(messages)
        if self.tokenizer.chat_template is None:
            answer = self.tokenizer(reference, add_special_tokens=False)["input_ids"]
        else:
            full = self.tokenizer.apply_chat_template(
                [*messages, {"role": "assistant", "content": reference}], tokenize=True, return_dict=True)["input_ids"]
            start = prompt[0].tolist()
            if full[: len(start)] != start:  # a template that writes history differently: score the text after the prompt
                full = start + self.tokenizer(reference, add_special_tokens=False)["input_ids"] + [self.tokenizer.eos_token_id]
            answer = full[len(start):]
            ends = self.end_tokens()
            last = max((i for i, token in enumerate(answer) if token in ends), default=len(answer) - 1)
            answer = answer[: last + 1]
        if not answer:
            return {"nll": None, "tokens": 0}
        ids = torch.cat([prompt, torch.tensor([answer], device=prompt.device)], dim=1)
        with torch.inference_mode(), adapter_off:
            logits = model(input_ids=ids).logits[0, prompt.shape[1] - 1:-1].float()
        nll = torch.nn.functional.cross_entropy(logits, torch.tensor(answer, device=logits.device))
        if not torch.isfinite(nll):
            raise ValueError("the model gives no finite likelihood for the reference answer")
        return {"nll": nll.item(), "tokens": len(answer)}

    def merge(self, base, adapter, out):
        """Fold an adapter into its base at 16-bit (float32 stays float32 on CPU) and save safetensors with the tokenizer."""
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM, AutoTokenizer

        model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", device_map={"": "cpu"})
        dtype = model.dtype
        # Adapters are small differences: add them in float32, then go back to what the base is stored in.
        merged = PeftModel.from_pretrained(model.to(torch.float32), adapter).merge_and_unload().to(dtype)
        merged.save_pretrained(out, safe_serialization=True)
        source = adapter if os.path.exists(os.path.join(adapter, "tokenizer_config.json")) else base
        AutoTokenizer.from_pretrained(source).save_pretrained(out)
        return {"out": out, "dtype": str(dtype).removeprefix("torch.")}


class StreamDecoder:
    """Turns tokens into text as they come. Decodes a short window instead of the whole answer, so that long answers stay linear."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.tokens = []
        self.start = 0  # the window's first token: one whose text is out, since a space may depend on what stands before
        self.out = 0  # tokens whose text is out

    def add(self, token):
        """The text that this token completes; empty while a character is not whole yet."""
        self.tokens.append(token)
        before = self.tokenizer.decode(self.tokens[self.start:self.out], skip_special_tokens=True)
        text = self.tokenizer.decode(self.tokens[self.start:], skip_special_tokens=True)
        if text.endswith("\ufffd") or len(text) <= len(before):
            return ""
        self.start, self.out = self.out, len(self.tokens)
        return text[len(before):]


def choose(logits, temperature, top_p, generator):
    import torch

    if temperature == 0:
        return int(torch.argmax(logits))
    probabilities = torch.softmax(logits / temperature, dim=-1)
    ordered, order = torch.sort(probabilities, descending=True)
    # Nucleus: the smallest set whose mass reaches top_p, the first always in it.
    keep = torch.cumsum(ordered, dim=-1) - ordered < top_p
    ordered = ordered * keep
    return int(order[torch.multinomial(ordered / ordered.sum(), 1, generator=generator)])


def read_requests(inbox):
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        if request["op"] == "stop":
            STOPPED.add(request["target"])
        else:
            inbox.put(request)
    inbox.put(None)


def main():
    inbox = queue.Queue()
    threading.Thread(target=read_requests, args=(inbox,), daemon=True).start()
    worker = Worker()
    emit(0, "ready", pid=os.getpid())
    while (request := inbox.get()) is not None:
        request_id, op = request.pop("id"), request.pop("op")
        try:
            if op not in ("load", "generate", "score", "merge"):
                raise ValueError(f"unknown op {op}")
            if op == "generate":
                request["request_id"] = request_id
            emit(request_id, "done", **getattr(worker, op)(**request))
        except Exception as error:  # the worker outlives one bad request; the app shows the error where it was asked
            emit(request_id, "error", type=type(error).__name__, message=str(error)[:2000])
        STOPPED.discard(request_id)


if __name__ == "__main__":
    main()
