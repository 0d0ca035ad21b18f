"""Prints, as JSON, the syntax tree of every script named, and what json.loads makes of each .json file, for comparison."""

import ast
import json
import sys

result = {}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    result[path] = json.loads(text) if path.endswith(".json") else ast.dump(ast.parse(text))
print(json.dumps(result))
