# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there, and what is done about it: with a Docker client that is a script of this test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.fin.platform.plugins.module_utils import _kind_cluster as kind


class Scripted(kind.Kind):
    """Answers for Docker, and notes what is done."""

    containers: dict[str, dict[str, object]]
    done: list[str]

    def nodes(self) -> dict[str, dict[str, object]]:
        return self.containers

    def daemon_answers(self) -> bool:
        return True

    def create(self, progress: object) -> None:
        self.done.append("create")

    def start(self, progress: object) -> None:
        self.done.append("start")

    def delete(self) -> None:
        self.done.append("delete")


@pytest.fixture
def cluster(tmp_path: Path) -> Scripted:
    made = Scripted(
        name="one",
        image="node:1",
        config="kind: Cluster",
        files={},
        state=tmp_path / "state",
        kubeconfig=tmp_path / "state" / "kubeconfig",
        kind="kind",
        kubectl="kubectl",
        docker_host="",
        cache=tmp_path / "cache",
        registry="",
        registry_container="",
    )
    object.__setattr__(made, "containers", {})
    object.__setattr__(made, "done", [])
    return made


def finished(cluster: Scripted, running: bool = True, digest: str = "") -> None:
    """As after a creation that went to its end."""
    cluster.containers["one-worker"] = {"id": "a1", "running": running}
    cluster.state.mkdir()
    cluster.kubeconfig.write_text("x", encoding="utf-8")
    marker = {"digest": digest or cluster.digest(), "nodes": ["a1"]}
    (cluster.state / "created.json").write_text(json.dumps(marker), encoding="utf-8")


def test_nothing_there_is_created(cluster: Scripted) -> None:
    assert kind.ensure(cluster, wanted=True, check=False) == {"changed": True, "before": "absent"}
    assert cluster.done == ["create"]


def test_a_running_one_is_left_alone(cluster: Scripted) -> None:
    finished(cluster)
    assert kind.ensure(cluster, wanted=True, check=False) == {"changed": False, "before": "running"}
    assert cluster.done == []


def test_a_stopped_one_is_started(cluster: Scripted) -> None:
    finished(cluster, running=False)
    assert kind.ensure(cluster, wanted=True, check=False)["before"] == "stopped"
    assert cluster.done == ["start"]


def test_an_interrupted_creation_is_begun_anew(cluster: Scripted) -> None:
    cluster.containers["one-worker"] = {"id": "a1", "running": True}
    assert kind.ensure(cluster, wanted=True, check=False)["before"] == "broken"
    assert cluster.done == ["delete", "create"]


def test_one_of_another_configuration_is_refused_and_left(cluster: Scripted) -> None:
    finished(cluster, digest="other")
    with pytest.raises(kind.CommandError, match="another configuration"):
        kind.ensure(cluster, wanted=True, check=False)
    assert cluster.done == []


def test_a_preview_does_nothing(cluster: Scripted) -> None:
    assert kind.ensure(cluster, wanted=True, check=True)["changed"] is True
    finished(cluster)
    assert kind.ensure(cluster, wanted=False, check=True)["changed"] is True
    assert cluster.done == []


def test_the_key_for_secrets_is_made_once(cluster: Scripted) -> None:
    cluster.state.mkdir()
    first = cluster._encryption()
    (cluster.state / "encryption.yaml").write_text(first, encoding="utf-8")
    assert cluster._encryption() == first
    assert "secretbox" in first
