"""Runs the checks of a script that stands beside this file."""

import json
import traceback


def run_checks(names: dict[str, object]) -> None:
    """Calls every function called test_..., and prints {check: error or null} as one line of JSON. No check ends the others."""
    results = {}
    for name, check in list(names.items()):
        if name.startswith("test_"):
            try:
                check()
                results[name] = None
            except Exception:
                results[name] = traceback.format_exc()
    print(json.dumps(results))
