"""What a cluster that comes and goes may leave: mounts, links, firewall rules, control groups, processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.runner.stage import RESULTS

BEFORE = RESULTS / "machine-before.json"
PROGRAMS = {"dockerd", "containerd", "containerd-shim-runc-v2", "docker-proxy", "kubelet", "etcd", "kube-apiserver"}
Machine = dict[str, list[str]]


def look() -> Machine:
    """Everything of each kind, as sorted lines."""
    return {
        "control groups": control_groups(),
        "firewall rules": firewall_rules(),
        "links": sorted(os.listdir("/sys/class/net")),
        "mounts": sorted(
            line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        ),
        "network namespaces": sorted(path.name for path in Path("/run/netns").glob("*")),
        "processes": processes(),
        "forwarding": [Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="utf-8").strip()],
    }


def new(before: Machine, after: Machine) -> Machine:
    """What is there now and was not before; of several alike, only the surplus."""
    surplus: Machine = {}
    for kind, lines in after.items():
        left = list(before.get(kind, []))
        for line in lines:
            if line in left:
                left.remove(line)
            else:
                surplus.setdefault(kind, []).append(line)
    return surplus


def control_groups() -> list[str]:
    """All groups; those of other sessions on the machine come and go too, but not under these names."""
    groups = Path("/sys/fs/cgroup").rglob("*")
    return sorted(str(path) for path in groups if path.is_dir() and re.search(r"docker|kubelet|kubepods", path.name))


def firewall_rules() -> list[str]:
    """Rules, chains and policies that differ from an empty firewall, of every table and both kinds of iptables."""
    rules = []
    for tool in ("iptables-nft-save", "iptables-legacy-save", "ip6tables-nft-save", "ip6tables-legacy-save"):
        program = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/sbin")
        if program is None:
            continue
        output = subprocess.run([program], capture_output=True, text=True, check=False).stdout
        lines = [re.sub(r" ?\[\d+:\d+\]", "", line) for line in output.splitlines() if line[:1] in ":-"]
        rules += [f"{tool}: {line}" for line in lines if not line.startswith(":") or not line.endswith(" ACCEPT")]
    return sorted(rules)


def processes() -> list[str]:
    """Programs that only a cluster or its daemon runs."""
    names = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.append(path.read_text(encoding="utf-8").strip())
        except OSError:  # it ended while we looked
            continue
    return sorted(name for name in names if name in {program[:15] for program in PROGRAMS})


def main() -> int:
    """Keep what the machine looks like now."""
    BEFORE.parent.mkdir(parents=True, exist_ok=True)
    BEFORE.write_text(json.dumps(look(), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
