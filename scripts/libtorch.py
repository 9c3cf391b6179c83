#!/usr/bin/env python3
"""Makes a folder with the libtorch that `mlaas4hep-torch` is built against and runs with (CPU).

    python3 scripts/libtorch.py PREFIX              downloads three wheels (540 MB), keeps 490 MB of them in PREFIX
    python3 scripts/libtorch.py PREFIX --wheels DIR takes the wheels from DIR instead, and leaves them there
    python3 scripts/libtorch.py PREFIX --check      only says whether PREFIX is complete

Afterwards: export LIBTORCH=PREFIX, then cargo build --release -p torch-trainer.

Needs Python 3.9 or later and pip (any version of Python will do: the wheels are unpacked, never installed).
A PREFIX that is complete already is left as it is; one that was cut off is made anew. The libraries stay out of
the repository: torch is BSD-3, the two small NVIDIA libraries have terms of their own.
"""

import argparse
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile

# tch 0.26 fits torch 2.13 and nothing else. The torch on PyPI is built with CUDA: its CPU library needs the CUDA
# runtime and the profiler interface to load, but no driver and no GPU.
TORCH_VERSION = "2.13.0"
REQUIREMENTS = [f"torch=={TORCH_VERSION}", "nvidia-cuda-runtime==13.0.*", "nvidia-cuda-cupti==13.0.*"]
# One Python version is as good as another, since only C++ libraries and headers are taken.
WHEEL_PYTHON = "311"
WHEEL_PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]

TORCH_LIBRARIES = ["libtorch_cpu.so", "libc10.so", "libgomp.so.1"]
NVIDIA_LIBRARIES = {"nvidia_cuda_runtime-13*.whl": "libcudart.so.13", "nvidia_cuda_cupti-13*.whl": "libcupti.so.13"}
# The real libtorch.so is an empty library that also asks for the 470 MB of libtorch_cuda; this linker script takes its place.
LINKER_SCRIPT = "INPUT(libtorch_cpu.so)\n"


def main() -> int:
    options = read_arguments()
    prefix = options.prefix.resolve()
    if is_complete(prefix):
        print(f"libtorch {TORCH_VERSION} is in {prefix}")
        return 0
    if options.check:
        print(f"libtorch {TORCH_VERSION} is not in {prefix}; run: {sys.argv[0]} {options.prefix}", file=sys.stderr)
        return 1
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print(f"libtorch is set up here for Linux on x86_64, this is {platform.system()} on {platform.machine()}; all else builds without it", file=sys.stderr)
        return 1
    prefix.parent.mkdir(parents=True, exist_ok=True)
    if options.wheels:
        make_prefix(options.wheels, prefix)
    else:
        with tempfile.TemporaryDirectory(prefix=f"{prefix.name}.wheels.", dir=prefix.parent) as wheels:
            download(pathlib.Path(wheels))
            make_prefix(pathlib.Path(wheels), prefix)
    print(f"libtorch {TORCH_VERSION} is in {prefix}; next: export LIBTORCH={prefix}")
    return 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix", type=pathlib.Path, help="folder to make")
    parser.add_argument("--wheels", type=pathlib.Path, help="folder that holds the wheels already")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 0 when the folder is complete")
    return parser.parse_args()


def is_complete(prefix: pathlib.Path) -> bool:
    """`build-version` is written last, and torch-sys refuses a prefix with another version in it."""
    version = prefix / "build-version"
    libraries = TORCH_LIBRARIES + list(NVIDIA_LIBRARIES.values()) + ["libtorch.so"]
    return (
        version.is_file()
        and version.read_text().strip() == TORCH_VERSION
        and all((prefix / "lib" / library).is_file() for library in libraries)
    )


def download(wheels: pathlib.Path) -> None:
    print(f"downloading {', '.join(REQUIREMENTS)} (540 MB)", flush=True)
    command = [*pip(wheels), "download", "--no-deps", "--only-binary=:all:", "--dest", str(wheels)]
    command += ["--implementation", "cp", "--python-version", WHEEL_PYTHON]
    for wheel_platform in WHEEL_PLATFORMS:
        command += ["--platform", wheel_platform]
    subprocess.run([*command, *REQUIREMENTS], check=True)


def pip(folder: pathlib.Path) -> list[str]:
    """The pip of this Python; else one on the path; else that of a new virtual environment."""
    candidates = [[sys.executable, "-m", "pip"], ["pip3"], ["pip"]]
    for candidate in candidates:
        if runs([*candidate, "--version"]):
            return candidate
    environment = folder / "pip-environment"
    if runs([sys.executable, "-m", "venv", str(environment)]):
        return [str(environment / "bin" / "python"), "-m", "pip"]
    sys.exit("pip is needed to download libtorch; on Debian and Ubuntu: apt-get install python3-pip")


def runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def make_prefix(wheels: pathlib.Path, prefix: pathlib.Path) -> None:
    """Unpacks beside the goal and renames at the end, so that a prefix is whole or absent."""
    with tempfile.TemporaryDirectory(prefix=f"{prefix.name}.partial.", dir=prefix.parent) as partial:
        new = pathlib.Path(partial) / "libtorch"
        (new / "lib").mkdir(parents=True)
        unpack_torch(find(wheels, f"torch-{TORCH_VERSION}-*.whl"), new)
        for pattern, library in NVIDIA_LIBRARIES.items():
            with zipfile.ZipFile(find(wheels, pattern)) as wheel:
                unpack(wheel, f"nvidia/cu13/lib/{library}", new / "lib" / library)
        (new / "lib" / "libtorch.so").write_text(LINKER_SCRIPT)
        (new / "build-version").write_text(f"{TORCH_VERSION}\n")
        if prefix.exists():
            remove_unfinished(prefix)
        new.rename(prefix)


def remove_unfinished(prefix: pathlib.Path) -> None:
    """Removes what an older version of this script left, and nothing that a slip of the pen points at."""
    if any(prefix.iterdir()) and not (prefix / "build-version").is_file():
        sys.exit(f"{prefix} exists and is not a libtorch folder; name another one, or empty it")
    shutil.rmtree(prefix)


def find(wheels: pathlib.Path, pattern: str) -> pathlib.Path:
    found = sorted(wheels.glob(pattern))
    if not found:
        sys.exit(f"no {pattern} in {wheels}; needed are {', '.join(REQUIREMENTS)}")
    return found[0]


def unpack_torch(path: pathlib.Path, prefix: pathlib.Path) -> None:
    print(f"unpacking headers and libraries of {path.name}", flush=True)
    libraries = {f"torch/lib/{library}" for library in TORCH_LIBRARIES}
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if name in libraries or (name.startswith("torch/include/") and not name.endswith("/")):
                unpack(wheel, name, prefix / name[len("torch/") :])


def unpack(wheel: zipfile.ZipFile, name: str, goal: pathlib.Path) -> None:
    goal.parent.mkdir(parents=True, exist_ok=True)
    with wheel.open(name) as source, open(goal, "wb") as copy:
        shutil.copyfileobj(source, copy, length=1 << 20)


if __name__ == "__main__":
    sys.exit(main())
