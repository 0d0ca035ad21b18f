"""Prove from metadata alone that each environment profile resolves.

Asks pip for the metadata of every pinned package (`install --dry-run --no-deps --report`), for Linux x86-64 and one Python
version, then checks that every requirement of every package is met by another pin, or named in overrides.json with its
reason. Nothing is installed. Run with any Python that has pip:

    python scripts/check-profiles.py [cpu] [cuda] [--python 3.11]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

LISTS = Path(__file__).resolve().parent.parent / "python-templates" / "environments"
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"]


def metadata(profile: str, python: str) -> list[dict]:
    """Metadata of torch and of every line of the profile's list."""
    target = tempfile.mkdtemp(prefix="tunesmith-profiles-")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--only-binary=:all:",
               "--target", target, "--python-version", python, "--implementation", "cp", "--report", "-", "-r", str(LISTS / "torch.txt"), "-r", str(LISTS / f"{profile}.txt")]
    for name in PLATFORMS:
        command += ["--platform", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SystemExit(f"{profile}: pip found no metadata for a pin:\n{answer.stderr[-2000:]}")
    return [item["metadata"] for item in json.loads(answer.stdout[answer.stdout.index("{"):])["install"]]


def unmet(profile: str, packages: list[dict], python: str) -> list[str]:
    """Requirements that no pin meets and no override explains."""
    pins = {canonicalize_name(package["name"]): Version(package["version"]) for package in packages}
    overrides = {canonicalize_name(name) for name in json.loads((LISTS / "overrides.json").read_text(encoding="utf-8"))[profile]}
    environment = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix", "implementation_name": "cpython",
                   "platform_python_implementation": "CPython", "python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    complaints = []
    for package in packages:
        for text in package.get("requires_dist", []):
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name in overrides or (requirement.marker is not None and not requirement.marker.evaluate(environment)):
                continue
            # torch brings its CUDA libraries itself: it is installed with its dependencies in the cuda profile.
            if package["name"] == "torch" and (name.startswith(("nvidia-", "cuda-")) or name == "triton"):
                continue
            if name not in pins:
                complaints.append(f"{package['name']} {package['version']} needs {text}, which is not pinned")
            elif not requirement.specifier.contains(pins[name], prereleases=True):
                complaints.append(f"{package['name']} {package['version']} needs {text}, pinned is {pins[name]}")
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("profiles", nargs="*", default=["cpu", "cuda"])
    parser.add_argument("--python", default="3.11")
    arguments = parser.parse_args()
    failed = False
    for profile in arguments.profiles:
        packages = metadata(profile, arguments.python)
        complaints = unmet(profile, packages, arguments.python)
        print(f"{profile}: {len(packages)} packages for Python {arguments.python}, {len(complaints)} unmet requirements")
        for complaint in complaints:
            print(f"  {complaint}")
        failed = failed or bool(complaints)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
