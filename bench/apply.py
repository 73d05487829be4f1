"""Compare ways of bringing a set of objects into a cluster, side by side in one run.

What is timed is always a whole process, from its start to its end:

  kubectl                           kubectl apply --server-side -f objects.json
  fin.platform.manifests            the module alone, as Ansible starts it on a host
  kubernetes.core.k8s               the module alone, given all objects at once (apply, server_side_apply)
  fin.platform.manifests playbook   ansible-playbook with one task, all that a user waits for
  kubernetes.core.k8s playbook      ansible-playbook with one task, all that a user waits for

Every round has a creation and a pass in which nothing changes, each candidate in a namespace of its own, in an order that
turns from round to round. Judged are the programs alone, creation and pass without a change together: at most 1.5 times
kubectl for each number of objects, and over all numbers together at least 5 times as fast as kubernetes.core.k8s. All
ratios are shown, by size and pass, and those of the playbooks, in which Ansible's own start, the same for both, hides a
part of the difference. At the end some objects are altered, and the module must name exactly these.
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

OURS, PEER, KUBECTL = "fin.platform.manifests", "kubernetes.core.k8s", "kubectl"
CANDIDATES = (KUBECTL, OURS, PEER, f"{OURS} playbook", f"{PEER} playbook")
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
                    expected = None if name == KUBECTL else stage == "create"
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
            self.workshop.make(OURS, space, objects).seconds(True)
            task = self.workshop.make(OURS, space, changed_objects)
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
        candidates = [name for name in CANDIDATES if number < peer_rounds or PEER not in name]
        for name, stage, seconds in bench.round(size, number, candidates):
            times[name, stage].append(seconds)
            print(f"{size:5d} objects, round {number + 1}/{rounds}, {stage:9s} {name:32s} {seconds:8.2f} s", flush=True)
    return times


def ratio(times: Times, slow: str, fast: str, passes: tuple[str, ...] = PASSES) -> float:
    """How many times as long one candidate takes as another: the median over the rounds in which both took part."""
    slower, faster = (zip(*(times[name, stage] for stage in passes), strict=True) for name in (slow, fast))
    return float(statistics.median(sum(a) / sum(b) for a, b in zip(slower, faster, strict=False)))


def shown(size: int, times: Times) -> list[str]:
    """The ratios of a size."""
    peer = f"{PEER} / {OURS}"
    lines = [f"{peer}, {stage}: {ratio(times, PEER, OURS, (stage,)):.2f}" for stage in PASSES]
    lines.append(f"{peer}, both: {ratio(times, PEER, OURS):.2f}")
    lines.append(f"{peer}, playbooks: {ratio(times, f'{PEER} playbook', f'{OURS} playbook'):.2f}")
    lines += [f"{OURS} / {KUBECTL}, {stage}: {ratio(times, OURS, KUBECTL, (stage,)):.2f}" for stage in PASSES]
    return [f"{size} objects: {line}" for line in lines]


def judged(measured: dict[int, Times]) -> list[tuple[str, float, bool]]:
    """What is judged: (text, ratio, whether it is within its limit)."""
    found = []
    for size, times in measured.items():
        value = ratio(times, OURS, KUBECTL)
        text = f"{size} objects: {OURS} / {KUBECTL} (at most {MOST_OF_KUBECTL})"
        found.append((text, value, value <= MOST_OF_KUBECTL))
    # All of it together, in the rounds in which the peer took part.
    total = {
        name: sum(
            sum(times[name, stage][: len(times[PEER, stage])]) / len(times[PEER, stage])
            for times in measured.values()
            for stage in PASSES
        )
        for name in (PEER, OURS)
    }
    value = total[PEER] / total[OURS]
    found.append((f"all: {PEER} / {OURS} (at least {LEAST_OF_PEER})", value, value >= LEAST_OF_PEER))
    return found


def report(size: int, times: Times) -> None:
    """The medians of a size."""
    print(f"\n{size} objects, median seconds       " + "".join(f"{stage:>12s}" for stage in PASSES))
    for name in CANDIDATES:
        medians = (statistics.median(times[name, stage]) for stage in PASSES)
        rounds = len(times[name, PASSES[0]])
        print(f"  {name:34s}" + "".join(f"{median:12.2f}" for median in medians) + f"   ({rounds} rounds)")
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
    measured: dict[int, Times] = {}
    with tempfile.TemporaryDirectory(prefix="bench-apply-") as folder:
        bench = Bench(Workshop(options.kubeconfig.resolve(), kubectl(), Path(folder)), client.CoreV1Api())
        print(f"{server_of(options.kubeconfig)}, Python {platform.python_version()}, {os.cpu_count()} CPUs", flush=True)
        bench.clean()
        try:
            for size in options.sizes:
                measured[size] = measure(bench, size, options.rounds, max(options.peer_rounds, 1))
                report(size, measured[size])
            exactness = bench.exact(max(options.sizes))
        except BenchError as e:
            sys.exit(f"bench: {e}")
    print("\n".join([exactness, *(line for size, times in measured.items() for line in shown(size, times))]))
    verdicts = judged(measured)
    for text, value, good in verdicts:
        print(f"{text}: {value:.2f} {'good' if good else 'LIMIT MISSED'}")
    return 0 if all(good for _text, _value, good in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
