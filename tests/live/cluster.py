"""The local cluster as tests see it: API clients, commands in pods, and the environment's specification."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import client, config
from kubernetes.stream import stream

from tests.runner.stage import TREE

KUBECONFIG = TREE / ".state" / "local" / "kubeconfig"
Result = TypeVar("Result")
SERVICES = ("gateway", "identity", "accounts", "transactions", "reporting")


class CommandFailed(AssertionError):
    """A command in a pod ended badly."""


def connect(user: str = "", groups: Sequence[str] = ()) -> client.ApiClient:
    """A client with the administrator's credentials, acting as somebody else when a user is named."""
    api = config.new_client_from_config(str(KUBECONFIG))
    if user:
        api.set_default_header("Impersonate-User", user)
        for group in groups:
            # The client keeps one value for each header; the API reads a second one only under the same name.
            api.set_default_header("Impersonate-Group", group)
    return api


def ad_hoc(module: str, arguments: str) -> dict[str, Any]:
    """Run one Ansible module on the local environment, and return what it returned."""
    command = ["ansible", "local", "-i", "inventories/local", "-m", module, "-a", arguments]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(TREE / "ansible.cfg"),
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"{module} {arguments}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    found: dict[str, Any] = answer["plays"][0]["tasks"][0]["hosts"]["local"]
    return found


@cache
def specification() -> dict[str, Any]:
    """The environment's `platform` variable, as ansible-playbook would see it."""
    found: dict[str, Any] = ad_hoc("ansible.builtin.debug", "var=platform")["platform"]
    return found


@cache
def docker_environment() -> dict[str, str]:
    """The environment in which `docker` reaches the daemon that runs the nodes: the machine's, or our own."""
    own = Path("/run/fin-platform/docker.sock")
    answers = subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0
    return dict(os.environ) if answers or not own.exists() else {**os.environ, "DOCKER_HOST": f"unix://{own}"}


def gateway_url() -> str:
    """Where the platform promises its public API on this machine."""
    return f"http://127.0.0.1:{specification()['expose']['gateway']['host_port']}"


def pods(namespace: str, selector: str = "") -> list[Any]:
    """A namespace's pods that are not on their way out."""
    found = client.CoreV1Api(connect()).list_namespaced_pod(namespace, label_selector=selector).items
    return [pod for pod in found if pod.metadata.deletion_timestamp is None]


def namespace_of(service: str) -> str:
    """The namespace that a service of ours runs in."""
    return {"gateway": "edge", "transactions": "cde"}.get(service, "application")


def service_pod(service: str) -> Any:
    """One running pod of a service."""
    for pod in pods(namespace_of(service), f"app.kubernetes.io/name={service}"):
        if is_ready(pod):
            return pod
    raise CommandFailed(f"no pod of {service} in {namespace_of(service)} is ready")


def is_ready(pod: Any) -> bool:
    """Whether a pod says that it is ready."""
    return any(item.type == "Ready" and item.status == "True" for item in pod.status.conditions or [])


def run_in(pod: Any, command: Sequence[str], container: str = "", seconds: int = 30) -> str:
    """Run a command in a pod and return its output; raise CommandFailed when it ends badly.

    Each call has a connection of its own: the client's stream support changes the client it is given.
    """
    core = client.CoreV1Api(connect())
    session = stream(
        core.connect_get_namespaced_pod_exec,
        pod.metadata.name,
        pod.metadata.namespace,
        container=container or pod.spec.containers[0].name,
        command=list(command),
        stderr=True,
        stdout=True,
        stdin=False,
        tty=False,
        _preload_content=False,
    )
    session.run_forever(timeout=seconds)
    output = session.read_stdout() + session.read_stderr()
    code = session.returncode if not session.is_open() else None
    if code != 0:
        raise CommandFailed(f"{pod.metadata.namespace}/{pod.metadata.name}: {list(command)}: exit {code}: {output}")
    return str(output)


def read_in(pod: Any, path: str) -> str:
    """A file's text from inside a pod; our images have Python and no other tool."""
    return run_in(pod, ["python3", "-c", f"import sys; sys.stdout.write(open({path!r}).read())"])


def connects(pod: Any, host: str, port: int) -> bool:
    """Whether a TCP connection from inside a pod (that has Python) is answered within 2 seconds."""
    program = f"import socket; socket.create_connection(({host!r}, {port}), 2).close(); print('connected')"
    try:
        return "connected" in run_in(pod, ["python3", "-c", program])
    except CommandFailed as error:
        # Only silence or no way there mean that the network is closed. A refusal came from a machine that was reached, and
        # a name that nobody knows says nothing about the network.
        if any(sign in str(error) for sign in ("TimeoutError", "Errno 101]", "Errno 113]")):
            return False
        raise


def eventually(attempt: Callable[[], Result], seconds: float, pause: float = 2.0) -> Result:
    """Try until it succeeds; the last failure is raised when the time is up."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (AssertionError, OSError, client.ApiException):
            if time.monotonic() > ends:
                raise
        time.sleep(pause)
