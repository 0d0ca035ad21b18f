"""A fake trainer that writes metric lines at a given rate and trains nothing. Standard library only.

Settings come from fake.json beside it: lines, linesPerSecond. It begins when a file named go appears, so that the app watches from the first line.
"""
import json
import os
import time

with open("fake.json", encoding="utf-8") as file:
    settings = json.load(file)
lines, rate = settings["lines"], settings["linesPerSecond"]
PAUSE = 0.02

events = open("events.jsonl", "a", encoding="utf-8", newline="\n")
# All eight metrics; what differs between lines is what a chart shows. One `%` a line leaves the processor to the app.
LINE = (
    '{"seq":%d,"t":%.3f,"event":"log","step":%d,"epoch":%.6f,"loss":%.12f,"eval_loss":2.4182735648362,"learning_rate":0.000183746352718,"grad_norm":0.4827364528191,'
    '"tokens_per_second":1283.27,"samples_per_second":12.184,"num_tokens":%d,"mean_token_accuracy":0.4827364528,"gpu_memory_bytes":8123456789}\n'
)


def emit(seq, event, **fields):
    events.write(json.dumps({"seq": seq, "t": time.time(), "event": event, **fields}) + "\n")
    events.flush()


emit(0, "init", pid=os.getpid(), versions={"torch": "0.0.0"}, device="cpu", dtype="float32")
emit(1, "train_begin", total_steps=lines, total_epochs=1, steps_per_epoch=lines, trainable_parameters=1, total_parameters=2, resumed_from_step=0)
while not os.path.exists("go"):
    time.sleep(PAUSE)
began = time.monotonic()
step = 0
while step < lines:
    due = min(lines, int((time.monotonic() - began) * rate))
    now = time.time()
    block = []
    while step < due:
        step += 1
        block.append(LINE % (step + 1, now, step, step / lines, 1 + 2 / (1 + step / 20000) + (step * 7919 % 1000) / 10000, step * 512))
    events.write("".join(block))
    events.flush()
    time.sleep(PAUSE)
emit(step + 2, "train_end", step=step, outcome="completed", output_path=os.path.abspath("adapter"))
