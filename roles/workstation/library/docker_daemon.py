#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_daemon
short_description: Use the Docker daemon that answers, or run Debian's with folders of its own
description:
  - A daemon that answers is used as it is, and never changed or stopped.
  - Without one, on a Debian-like machine as root, Debian's is installed and started with data, socket and runtime folder of its own.
  - V(absent) stops only that one, and takes its links, firewall rules, mounts and cgroups away.
options:
  state:
    description: V(known) starts ours again if it ran before, and installs nothing.
    type: str
    choices: [present, known, absent]
    default: present
  run: {description: Folder for socket, pid and runtime state of our own daemon., type: path, default: /run/fin-platform}
  data: {description: Folder for images and containers of our own daemon., type: path, default: /var/lib/fin-platform/docker}
  packages: {description: Debian packages that are needed beside the daemon., type: list, elements: str, default: []}
  runtime: {description: The OCI runtime for hosts that withhold CAP_SYS_RESOURCE., type: path, required: true}
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

CAP_SYS_RESOURCE = 24


class DaemonError(Exception):
    """What was tried, why it failed and what to do."""


def answers(host: str) -> bool:
    """Whether a daemon answers; an empty host means the client's own default."""
    if shutil.which("docker") is None:
        return False
    env = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    done = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], env=env, capture_output=True, timeout=30, check=False
    )
    return done.returncode == 0


def lacks_sys_resource() -> bool:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is None or not int(found.group(1), 16) >> CAP_SYS_RESOURCE & 1


def missing_packages(wanted: list[str]) -> list[str]:
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def install(packages: list[str]) -> None:
    """Install Debian packages; a service that one brings is not started."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DaemonError(f"'{' '.join(command)}' failed: {done.stderr.strip()[-600:]}")


class OwnDaemon:
    """Debian's daemon with folders of its own."""

    def __init__(self, run: str, data: str, runtime: str) -> None:
        self.run, self.data, self.runtime = Path(run), Path(data), runtime
        self.socket = f"unix://{self.run}/docker.sock"
        self.pid_file = self.run / "docker.pid"
        self.before = self.run / "before.json"

    def pid(self) -> int | None:
        """The running daemon's process id; a stale pid file that names another program is no daemon."""
        try:
            pid = int(self.pid_file.read_text(encoding="utf-8"))
            return pid if b"dockerd" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
        except (OSError, ValueError):
            return None

    def start(self) -> None:
        self.run.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)
        if not self.before.exists():
            self.before.write_text(json.dumps(remember_network()), encoding="utf-8")
        if self.pid() is None:
            self.pid_file.unlink(missing_ok=True)
            command = ["dockerd", "--data-root", str(self.data), "--exec-root", f"{self.run}/docker", "-H", self.socket]
            command += ["--pidfile", str(self.pid_file), "--log-level", "warn"]
            if lacks_sys_resource():
                command += ["--add-runtime", f"lessened={self.runtime}", "--default-runtime", "lessened"]
            with (self.run / "dockerd.log").open("ab") as log:
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
                )
        for _attempt in range(120):
            if answers(self.socket):
                return
            time.sleep(0.5)
        tail = (self.run / "dockerd.log").read_text(encoding="utf-8", errors="replace")[-800:]
        raise DaemonError(
            f"dockerd does not answer on {self.socket} after 60 s. The end of {self.run}/dockerd.log:\n{tail}"
        )

    def stop(self) -> list[str]:
        """Stop it and put back what it changed; returns what could not be."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not Path(f"/proc/{pid}").exists(), 60)
        before = json.loads(self.before.read_text(encoding="utf-8")) if self.before.exists() else None
        unmount_below(self.run)
        unmount_below(self.data)
        if before is not None:
            restore_network(before)
        remove_cgroups()
        left = self.leftovers()
        if not left:
            shutil.rmtree(self.run, ignore_errors=True)
        return left

    def leftovers(self) -> list[str]:
        """What of ours is still on this machine; the images in the data folder are a cache and stay."""
        left = [f"process {self.pid()} (dockerd)"] if self.pid() else []
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        left += [f"mount {m.split()[1]}" for m in mounts if m.split()[1].startswith((f"{self.run}/", f"{self.data}/"))]
        left += [f"link {name}" for name in links()]
        for tool in ("iptables", "ip6tables"):
            for table in ("filter", "nat"):
                left += [f"{tool} {table}: {rule}" for rule in rules(tool, table) if ours(rule)]
        left += [f"cgroup {path}" for path in cgroups()]
        return left


def wait_for(condition: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
    return bool(condition())


def links() -> list[str]:
    """Bridges and veths that Docker makes."""
    return [
        n
        for n in sorted(os.listdir("/sys/class/net"))
        if n == "docker0" or re.fullmatch(r"br-[0-9a-f]{12}|veth[0-9a-f]{7}", n)
    ]


def rules(tool: str, table: str) -> list[str]:
    if shutil.which(tool) is None:
        return []
    done = subprocess.run([tool, "-w", "10", "-t", table, "-S"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def ours(rule: str) -> bool:
    return bool(re.search(r"\bDOCKER|docker0|\bbr-[0-9a-f]{12}\b", rule))


def remember_network() -> dict[str, Any]:
    forward = {
        tool: next((r for r in rules(tool, "filter") if r.startswith("-P FORWARD")), "")
        for tool in ("iptables", "ip6tables")
    }
    return {"forward": forward, "ip_forward": Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="utf-8").strip()}


def restore_network(before: dict[str, Any]) -> None:
    for tool in ("iptables", "ip6tables"):
        for table in ("filter", "nat"):
            present = rules(tool, table)
            for rule in present:
                if rule.startswith("-A") and ours(rule):
                    subprocess.run(
                        [tool, "-w", "10", "-t", table, "-D", *shlex.split(rule)[1:]], capture_output=True, check=False
                    )
            for rule in present:
                if rule.startswith("-N DOCKER"):
                    chain = rule.split()[1]
                    for action in ("-F", "-X"):
                        subprocess.run([tool, "-w", "10", "-t", table, action, chain], capture_output=True, check=False)
            for rule in present:  # chains that others still referred to above
                if rule.startswith("-N DOCKER"):
                    subprocess.run(
                        [tool, "-w", "10", "-t", table, "-X", rule.split()[1]], capture_output=True, check=False
                    )
        if before["forward"].get(tool):
            subprocess.run([tool, "-w", "10", *before["forward"][tool].split()], capture_output=True, check=False)
    for name in links():
        subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)
    Path("/proc/sys/net/ipv4/ip_forward").write_text(before["ip_forward"], encoding="utf-8")


def unmount_below(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", mount], capture_output=True, check=False)


def cgroups() -> list[str]:
    return [str(p) for p in sorted(Path("/sys/fs/cgroup").glob("*/docker"))] + [
        str(p) for p in sorted(Path("/sys/fs/cgroup").glob("docker"))
    ]


def remove_cgroups() -> None:
    """Empty cgroups only: the kernel refuses to remove one that still holds a process."""
    for top in cgroups():
        for folder, _folders, _files in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                continue


def present(module: AnsibleModule, own: OwnDaemon) -> dict[str, Any]:
    """Use the daemon that answers, or install and start ours."""
    if own.pid() is None and answers(""):
        reason = "a Docker daemon answers here: it is used as it is"
        return {"changed": False, "host": os.environ.get("DOCKER_HOST", ""), "own": False, "reason": reason}
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise DaemonError(
            "no Docker daemon answers, and one can be installed here only as root on a Debian-like machine. "
            "Start Docker (or set DOCKER_HOST to a daemon that answers) and run this again."
        )
    packages = missing_packages(["docker.io", *module.params["packages"]])
    running = own.pid() is not None and answers(own.socket)
    if not module.check_mode:
        if packages:
            install(packages)
        if not running:
            own.start()
    reason = "no Docker daemon answered: Debian's runs with folders of its own"
    return {"changed": bool(packages) or not running, "host": own.socket, "own": True, "reason": reason}


def known(module: AnsibleModule, own: OwnDaemon) -> dict[str, Any]:
    """The daemon in use, if there is any; ours is started again if it only stopped."""
    if own.pid() is None and answers(""):
        return {"changed": False, "host": os.environ.get("DOCKER_HOST", ""), "own": False, "known": True}
    was_here = own.data.exists() and shutil.which("dockerd") is not None
    running = own.pid() is not None
    if was_here and not running and not module.check_mode:
        own.start()
    return {
        "changed": was_here and not running,
        "host": own.socket,
        "own": True,
        "known": running or (was_here and not module.check_mode),
    }


def absent(module: AnsibleModule, own: OwnDaemon) -> dict[str, Any]:
    """Stop ours; a daemon of somebody else is left alone."""
    changed = own.run.exists()
    left = own.stop() if changed and not module.check_mode else []
    if left:
        raise DaemonError("it is stopped, but this is still here: " + "; ".join(left))
    checked = (
        ["processes", "mounts", "links", "firewall rules", "cgroups"]
        if changed
        else ["a daemon of ours (there is none)"]
    )
    return {"changed": changed, "checked": checked}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "known", "absent"], "default": "present"},
            "run": {"type": "path", "default": "/run/fin-platform"},
            "data": {"type": "path", "default": "/var/lib/fin-platform/docker"},
            "packages": {"type": "list", "elements": "str", "default": []},
            "runtime": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    own = OwnDaemon(module.params["run"], module.params["data"], module.params["runtime"])
    states = {"present": present, "known": known, "absent": absent}
    try:
        module.exit_json(**states[module.params["state"]](module, own))
    except DaemonError as e:
        module.fail_json(msg=f"Failed to bring the Docker daemon to state {module.params['state']}: {e}")


if __name__ == "__main__":
    main()
