#!/usr/bin/env python3
"""Sets the training worker beside PyTorch in eager mode: the papers' network, the same numbers of events, one thread.

    python compare.py --program TARGET/release/bench-training --worker TARGET/release/mlaas4hep-torch

To be run by a Python that has torch 2.13. Each pair runs one after the other, so that both see the same machine;
the ratio of a pair is of processor seconds, and medians over the pairs are printed. Ours is everything: filling the
shared memory, the pipeline's process, the worker's work, less the start of an empty training. PyTorch's is the
training loop alone, on tensors that stand in memory, without import and without making the events.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time


def main() -> None:
    options = read_arguments()
    if options.eager:
        print(json.dumps(train_eager(options)))
        return
    kind = "CPU s" if options.device == "cpu" else "s of the epochs after the first"
    start_seconds = 0.0
    if options.device == "cpu":
        start_seconds = statistics.median(run_worker(options, events=100, epochs=1) for _ in range(3))
        print(f"start of the worker: {start_seconds:.2f} CPU s (taken off below)")
    ratios, ours, theirs = [], [], []
    for pair in range(options.pairs):
        ours.append(run_worker(options, options.events, options.epochs) - start_seconds)
        theirs.append(run_eager(options))
        ratios.append(theirs[-1] / ours[-1])
        print(f"pair {pair + 1}: worker {ours[-1]:.2f} s, PyTorch {theirs[-1]:.2f} s, ratio {ratios[-1]:.2f}", flush=True)
    n_rows = options.events * (options.epochs if options.device == "cpu" else options.epochs - 1)
    print(
        f"{options.device}, batch {options.batch_size}, {options.events} events x {options.epochs} epochs, medians of {options.pairs} pairs: "
        f"worker {statistics.median(ours):.2f} {kind} ({n_rows / statistics.median(ours):,.0f} events/s), "
        f"PyTorch eager {statistics.median(theirs):.2f} {kind} ({n_rows / statistics.median(theirs):,.0f} events/s), "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", help="bench-training")
    parser.add_argument("--worker", help="mlaas4hep-torch")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda: wall seconds are compared, not processor time")
    parser.add_argument("--eager", action="store_true", help="only PyTorch, in this process")
    return parser.parse_args()


def shared_arguments(options: argparse.Namespace, events: int, epochs: int) -> list[str]:
    return [
        f"--events={events}", f"--columns={options.columns}", f"--batch-size={options.batch_size}", f"--epochs={epochs}"
    ]


def run_worker(options: argparse.Namespace, events: int, epochs: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [options.program, f"--worker={options.worker}", f"--device={options.device}"]
    command += shared_arguments(options, events, epochs)
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if options.device == "cuda":
        return sum(result["epoch_wall_seconds"][1:])
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_seconds - result["preparation_cpu_seconds"]


def run_eager(options: argparse.Namespace) -> float:
    command = [sys.executable, __file__, "--eager", f"--device={options.device}"]
    command += shared_arguments(options, options.events, options.epochs)
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return sum(result["epoch_wall_seconds"][1:]) if options.device == "cuda" else result["cpu_seconds"]


def train_eager(options: argparse.Namespace) -> dict:
    """The loop as PyTorch's own tutorials write it, without a DataLoader, which would halve its speed."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    labels = (torch.arange(options.events) % 2).float().unsqueeze(1)
    values = torch.rand(options.events, options.columns) - 0.5 + 0.1 * labels
    labels, values = labels.to(options.device), values.to(options.device)
    model = torch.nn.Sequential(
        torch.nn.Linear(options.columns, 128), torch.nn.ReLU(), torch.nn.Dropout(0.5),
        torch.nn.Linear(128, 64), torch.nn.ReLU(), torch.nn.Dropout(0.5),
        torch.nn.Linear(64, 1),
    ).to(options.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_function = torch.nn.BCEWithLogitsLoss()
    model.train()
    start, walls = time.process_time(), []
    for _ in range(options.epochs):
        start_wall = time.perf_counter()
        order = torch.randperm(options.events, device=options.device)
        for batch in order.split(options.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_function(model(values[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        last_loss = float(loss)  # waits for the GPU
        walls.append(time.perf_counter() - start_wall)
    return {"cpu_seconds": time.process_time() - start, "epoch_wall_seconds": walls, "loss": last_loss}


if __name__ == "__main__":
    main()
