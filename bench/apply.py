"""Compare ways of bringing a set of objects into a cluster, side by side in one run.

What is timed is always a whole process, from its start to its end:

  kubectl                  kubectl apply --server-side -f objects.json
  module                   fin.platform.manifests, started as Ansible starts a module
  fin.platform.manifests   ansible-playbook with one task that applies all objects
  kubernetes.core.k8s      ansible-playbook with one task that applies all objects (apply, server_side_apply)

Limits: the module takes at most 1.5 times as long as kubectl; the playbook with fin.platform.manifests is at least
5 times as fast as the one with kubernetes.core.k8s. Every round has a creation and a pass in which nothing changes, each
candidate in a namespace of its own, in an order that turns from round to round. What is judged is the median over all
rounds of a size, of both passes together. At the end some objects are altered, and the module must name exactly these.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE))

from kubernetes import client, config  # noqa: E402

from bench.candidates import BenchError, Workshop, server_of  # noqa: E402
from bench.objects import altered, mixed  # noqa: E402
from tests.runner.stage import cache_directory  # noqa: E402

CANDIDATES = ("kubectl", "module", "fin.platform.manifests", "kubernetes.core.k8s")
PASSES = ("create", "no change")
MOST_OF_KUBECTL, LEAST_OF_PEER = 1.5, 5.0
GONE_SECONDS = 300

Times = dict[tuple[str, str], list[float]]


def kubectl() -> Path:
    """The program kubectl: the newest that was built here."""
    built = sorted(cache_directory().glob("programs/kubernetes-*/kubectl"), key=lambda path: path.stat().st_mtime)
    named = os.environ.get("KUBECTL")
    if not named and not built:
        sys.exit("bench: no kubectl was built yet: run make up, or name one by KUBECTL")
    return Path(named) if named else built[-1]


class Bench:
    """One run.

    :param core: the cluster's API, to make and remove namespaces
    """

    def __init__(self, workshop: Workshop, core: client.CoreV1Api) -> None:
        self.workshop, self.core = workshop, core

    def round(self, size: int, number: int, candidates: list[str]) -> Iterator[tuple[str, str, float]]:
        """One round: (candidate, pass, seconds)."""
        turn = number % len(candidates)
        order = [*candidates[turn:], *candidates[:turn]]
        spaces = {name: f"bench-{size}-{number}-{CANDIDATES.index(name)}" for name in candidates}
        tasks = {name: self.workshop.make(name, spaces[name], mixed(size, spaces[name])) for name in candidates}
        try:
            for space in spaces.values():
                self.core.create_namespace({"metadata": {"name": space, "labels": {"bench": "apply"}}})
            for stage in PASSES:
                for name in order:
                    expected = None if name == "kubectl" else stage == "create"
                    yield name, stage, tasks[name].seconds(expected)
        finally:
            self.clean()

    def exact(self, size: int) -> str:
        """Alter some objects, and have the module name exactly those.

        :raises BenchError: it does not
        """
        space = f"bench-{size}-exact"
        objects = mixed(size, space)
        changed_objects, names = altered(objects, every=13)
        try:
            self.core.create_namespace({"metadata": {"name": space, "labels": {"bench": "apply"}}})
            self.workshop.make("module", space, objects).seconds(True)
            task = self.workshop.make("module", space, changed_objects)
            task.seconds(True)
            told = {f"{o['kind']} {o['name']}": o["action"] for o in task.result()["objects"]}
            task.seconds(False)
        finally:
            self.clean()
        configured = {name for name, action in told.items() if action == "configured"}
        if configured != names or set(told.values()) != {"configured", "unchanged"}:
            wrong = sorted(configured ^ names)[:10]
            raise BenchError(f"changed is not exact: {len(names)} altered, {len(configured)} told; differing: {wrong}")
        return f"{size} objects, {len(names)} altered: exactly these {len(configured)} told as configured, then none"

    def clean(self) -> None:
        """Remove the namespaces of this bench, and wait until they are gone: their removal is work for the server."""
        for item in self.core.list_namespace(label_selector="bench=apply").items:
            if item.metadata.deletion_timestamp is None:
                self.core.delete_namespace(item.metadata.name)
        deadline = time.monotonic() + GONE_SECONDS
        while self.core.list_namespace(label_selector="bench=apply").items:
            if time.monotonic() > deadline:
                raise BenchError(f"namespaces labelled bench=apply are still there after {GONE_SECONDS} s")
            time.sleep(1)


def measure(bench: Bench, size: int, rounds: int, peer_rounds: int) -> Times:
    """All rounds of a size."""
    times: Times = {(name, stage): [] for name in CANDIDATES for stage in PASSES}
    for number in range(rounds):
        candidates = [name for name in CANDIDATES if number < peer_rounds or name != "kubernetes.core.k8s"]
        for name, stage, seconds in bench.round(size, number, candidates):
            times[name, stage].append(seconds)
            print(f"{size:5d} objects, round {number + 1}/{rounds}, {stage:9s} {name:24s} {seconds:8.2f} s", flush=True)
    return times


def ratios(size: int, times: Times) -> list[tuple[str, float, bool]]:
    """What is judged: (text, ratio, whether it is within the limit); ratios of one round and pass are paired."""
    slower = [a / b for stage in PASSES for a, b in zip(times["module", stage], times["kubectl", stage], strict=True)]
    # The peer may have had fewer rounds, the first ones.
    faster = [
        peer / ours
        for stage in PASSES
        for peer, ours in zip(times["kubernetes.core.k8s", stage], times["fin.platform.manifests", stage], strict=False)
    ]
    own, other = statistics.median(slower), statistics.median(faster)
    return [
        (f"{size} objects: module / kubectl", own, own <= MOST_OF_KUBECTL),
        (
            f"{size} objects: playbook with kubernetes.core.k8s / with fin.platform.manifests",
            other,
            other >= LEAST_OF_PEER,
        ),
    ]


def report(size: int, times: Times) -> None:
    """The medians of a size."""
    print(f"\n{size} objects, median seconds" + "".join(f"{stage:>12s}" for stage in PASSES))
    for name in CANDIDATES:
        medians = (statistics.median(times[name, stage]) for stage in PASSES)
        rounds = len(times[name, PASSES[0]])
        print(f"  {name:26s}" + "".join(f"{median:12.2f}" for median in medians) + f"   ({rounds} rounds)")
    print(flush=True)


def main() -> int:
    """Run the bench; the last lines are the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(os.environ.get("KUBECONFIG") or TREE / ".state" / "local" / "kubeconfig")
    parser.add_argument("--kubeconfig", type=Path, default=default, help="the cluster (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2000], help="numbers of objects (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds for each size (%(default)s)")
    parser.add_argument(
        "--peer-rounds", type=int, default=1, help="rounds in which kubernetes.core.k8s takes part (%(default)s)"
    )
    options = parser.parse_args()
    if not options.kubeconfig.is_file():
        sys.exit(f"bench: there is no {options.kubeconfig}: run make up, or give --kubeconfig")
    config.load_kube_config(str(options.kubeconfig))
    judged: list[tuple[str, float, bool]] = []
    with tempfile.TemporaryDirectory(prefix="bench-apply-") as folder:
        bench = Bench(Workshop(options.kubeconfig.resolve(), kubectl(), Path(folder)), client.CoreV1Api())
        print(f"{server_of(options.kubeconfig)}, Python {platform.python_version()}, {os.cpu_count()} CPUs", flush=True)
        bench.clean()
        try:
            for size in options.sizes:
                times = measure(bench, size, options.rounds, max(options.peer_rounds, 1))
                report(size, times)
                judged += ratios(size, times)
            exactness = bench.exact(min(options.sizes))
        except BenchError as e:
            sys.exit(f"bench: {e}")
    print(exactness)
    for text, ratio, good in judged:
        print(f"{text}: {ratio:.2f} {'(within the limit)' if good else '(LIMIT MISSED)'}")
    return 0 if all(good for _text, _ratio, good in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
