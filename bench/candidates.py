"""The candidates: what somebody would run to bring a set of objects into a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.objects import Body

TREE = Path(__file__).resolve().parents[1]


class BenchError(Exception):
    """A candidate did not do what it was timed for."""


@dataclass(frozen=True)
class Task:
    """One apply, prepared; only running it is timed.

    :param command: the whole process
    :param environment: on top of ours
    :param log: where its output goes
    """

    command: list[str]
    environment: dict[str, str]
    log: Path

    def seconds(self, changed: bool | None) -> float:
        """Run it.

        :param changed: what it must say of itself; None when it does not know
        :raises BenchError: it failed or says otherwise
        """
        began = time.perf_counter()
        with self.log.open("wb") as log:
            code = subprocess.run(
                self.command, env={**os.environ, **self.environment}, stdout=log, stderr=subprocess.STDOUT, check=False
            ).returncode
        elapsed = time.perf_counter() - began
        text = self.log.read_text(encoding="utf-8", errors="replace")
        if code:
            raise BenchError(f"{' '.join(self.command[:3])} failed ({code}); its output ends:\n{text[-1500:]}")
        if changed is not None and ("changed=1" in text or '"changed": true' in text) is not changed:
            raise BenchError(f"{' '.join(self.command[:3])} should have said changed={changed}; see {self.log}")
        return elapsed

    def result(self) -> dict[str, Any]:
        """What a module returned, in its last run."""
        found: dict[str, Any] = json.loads(self.log.read_text(encoding="utf-8").strip().splitlines()[-1])
        return found


@dataclass(frozen=True)
class Workshop:
    """Makes tasks.

    :param folder: for their files
    """

    kubeconfig: Path
    kubectl: Path
    folder: Path

    def make(self, candidate: str, namespace: str, objects: list[Body]) -> Task:
        """A candidate's apply of these objects."""
        tool, _space, how = candidate.partition(" ")
        if tool == "kubectl":
            return self._kubectl(namespace, objects)
        arguments: dict[str, Any] = {"kubeconfig": str(self.kubeconfig)}
        if tool == "fin.platform.manifests":
            arguments |= {"set": namespace, "objects": objects}
        else:
            arguments |= {"resource_definition": objects, "apply": True}
            arguments["server_side_apply"] = {"field_manager": "bench"}
        if how == "playbook":
            return self._playbook(namespace, {tool: arguments})
        return self._module(namespace, tool, arguments)

    def _kubectl(self, name: str, objects: list[Body]) -> Task:
        path = self._write(f"{name}.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        flags = ["--kubeconfig", str(self.kubeconfig), "--server-side", "--field-manager", "bench"]
        return Task([str(self.kubectl), "apply", *flags, "-f", str(path)], {}, self.folder / f"{name}.log")

    def _module(self, name: str, module: str, arguments: dict[str, Any]) -> Task:
        path = self._write(f"{name}.json", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        namespace, collection, file = module.split(".")
        dotted = f"ansible_collections.{namespace}.{collection}.plugins.modules.{file}"
        # kubernetes.core comes with Ansible, and a second ansible_collections on the path would hide it.
        environment = {"PYTHONPATH": str(TREE / "collections") if namespace == "fin" else ""}
        return Task([sys.executable, "-m", dotted, str(path)], environment, self.folder / f"{name}.log")

    def _playbook(self, name: str, task: dict[str, Any]) -> Task:
        play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
        # Written as JSON, which is YAML that is quick to read: all candidates are to read their input at the same cost.
        path = self._write(f"{name}.yml", json.dumps(play))
        environment = {
            "ANSIBLE_CONFIG": str(self._write("ansible.cfg", "")),
            "ANSIBLE_COLLECTIONS_PATH": str(TREE / "collections"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(path)]
        return Task(command, environment, self.folder / f"{name}.log")

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def server_of(kubeconfig: Path) -> str:
    """The address of the API server, for the report."""
    return str(yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]["server"])
