#!/usr/bin/env python3
"""Says at once everything that this machine lacks for a local cluster, each with its remedy. Changes nothing.

Runs with the standard library alone, before anything is installed. Exit code 1 if something is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GIB = 1024**3
# Measured: the caches of programs and images, the daemon's data, and the compiler's own cache while it builds.
DISK_COLD, DISK_WARM = 30, 8
MEMORY = 7
PYTHONS = ("python3.13", "python3.12", "python3.11", "python3")


def cache() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fin-platform"
    return Path(os.environ.get("FIN_PLATFORM_CACHE", default))


def output(*command: str) -> str:
    """A command's output, empty if it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def docker_answers() -> bool:
    return bool(output("docker", "version", "--format", "{{.Server.Version}}"))


def check_root() -> list[str]:
    if os.geteuid() == 0 or docker_answers():
        return []
    return [
        "root: no Docker daemon answers for this user. Start Docker, or run as root on a Debian-like machine, where one is installed"
    ]


def check_debian() -> list[str]:
    if docker_answers() or shutil.which("apt-get"):
        return []
    return ["Docker: no daemon answers and this is no Debian-like machine. Install Docker and start it"]


def check_python() -> list[str]:
    candidates = [*PYTHONS, *map(str, Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python3")), sys.executable]
    test = "import sys, venv, ensurepip; print(sys.version_info >= (3, 11))"
    if any(output(candidate, "-c", test) == "True" for candidate in candidates):
        return []
    return ["Python: none of version 3.11 or newer with venv runs. On Debian: apt-get install python3 python3-venv"]


def check_go() -> list[str]:
    found = re.search(r"go(\d+)\.(\d+)", output("go", "version"))
    if found and (int(found.group(1)), int(found.group(2))) >= (1, 26):
        return []
    version = found.group(0) if found else "none"
    return [
        f"Go: {version} is here, 1.26 is needed to build kind, kubectl, Helm and, without an image registry, the engines. Put it on PATH"
    ]


def check_kernel() -> list[str]:
    missing = []
    filesystems = Path("/proc/filesystems").read_text(encoding="utf-8").split()
    missing += [
        f"{name} file system"
        for name in ("overlay", "bpf", "tmpfs")
        if name not in filesystems and not module_exists(name)
    ]
    missing += [
        f"{name} namespaces"
        for name in ("net", "pid", "mnt", "uts", "ipc", "cgroup")
        if not Path(f"/proc/self/ns/{name}").exists()
    ]
    if not Path("/sys/kernel/btf/vmlinux").exists():
        missing.append("BTF (CONFIG_DEBUG_INFO_BTF)")
    return (
        [f"kernel: without {', '.join(missing)}. Use a kernel that has them; Debian's and Ubuntu's do"]
        if missing
        else []
    )


def module_exists(name: str) -> bool:
    return bool(output("modinfo", "-n", "overlay" if name == "overlay" else name))


def check_cgroups() -> list[str]:
    unified = Path("/sys/fs/cgroup/cgroup.controllers")
    if unified.exists():
        have = set(unified.read_text(encoding="utf-8").split())
    else:
        have = {path.name for path in Path("/sys/fs/cgroup").glob("*") if path.is_dir()}
    missing = sorted({"cpu", "memory", "pids"} - have)
    return (
        [f"cgroups: controllers {', '.join(missing)} are not there. Mount them, or boot with cgroup v2"]
        if missing
        else []
    )


def check_disk() -> list[str]:
    place = cache()
    while not place.exists():
        place = place.parent
    cold = not (cache() / "programs").exists()
    need = DISK_COLD if cold else DISK_WARM
    free = shutil.disk_usage(place).free / GIB
    return (
        []
        if free >= need
        else [
            f"disk: {free:.0f} GiB free at {place}, {need} GiB needed. Free some, or set FIN_PLATFORM_CACHE to another disk"
        ]
    )


def check_memory() -> list[str]:
    found = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"))
    available = int(found.group(1)) / 1024**2 if found else 0
    if available >= MEMORY or ours():
        return []
    return [f"memory: {available:.1f} GiB available, {MEMORY} GiB needed. End something"]


def ours() -> bool:
    """Whether our own cluster runs here already: it may hold the ports and the memory."""
    return (ROOT / ".state" / "local" / "created.json").exists()


def check_ports() -> list[str]:
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("common", "local")
        for path in sorted((ROOT / "inventories" / folder).rglob("*.yml"))
    )
    ports = sorted({int(number) for number in re.findall(r"\b(?:api_port|host_port|registry_port):\s*(\d+)", text)})
    taken = [] if ours() else [port for port in ports if in_use(port)]
    return [
        f"port {port}: somebody listens on 127.0.0.1:{port}. End that, or choose another in inventories/local"
        for port in taken
    ]


def in_use(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


CHECKS = {
    "cgroups": check_cgroups,
    "Debian or Docker": check_debian,
    "disk": check_disk,
    "Go": check_go,
    "kernel": check_kernel,
    "memory": check_memory,
    "ports": check_ports,
    "Python": check_python,
    "root or Docker": check_root,
}


def main() -> int:
    problems = [problem for check in CHECKS.values() for problem in check()]
    for problem in problems:
        print(f"doctor: {problem}", file=sys.stderr)
    if problems:
        print(f"doctor: {len(problems)} of {len(CHECKS)} checks failed; nothing was changed", file=sys.stderr)
        return 1
    print(f"doctor: {len(CHECKS)} checks passed: {', '.join(CHECKS)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
