# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pull or build, and what is still to be built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.fin.platform.plugins.module_utils import _images_provide as provide
from ansible_collections.fin.platform.plugins.module_utils._images_builder import Builder

DEFINITIONS = Path(__file__).parents[4] / "roles" / "images" / "files"


def request(tmp_path: Path, mode: str = "build") -> provide.Request:
    return provide.Request(
        mode=mode,
        images=["cilium", "metrics-server"],
        programs=["kind/kind"],
        definitions=DEFINITIONS,
        services=None,
        cache=tmp_path,
        registry="localhost:1",
        docker_host="unix:///nowhere.sock",
    )


@pytest.fixture(autouse=True)
def _no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Builder, "registry_answers", lambda self: False)
    monkeypatch.setattr(provide, "registry_answers", lambda repository: False)


def test_a_preview_on_an_empty_cache_names_everything_and_makes_nothing(tmp_path: Path) -> None:
    answer = provide.provide(request(tmp_path), check=True)
    assert answer["changed"] is True
    assert {"kind/kind", "cilium/cilium-agent", "cilium", "metrics-server", "registry"} <= set(answer["built"])
    assert not list(tmp_path.iterdir())


def test_without_an_answer_auto_builds_and_says_why(tmp_path: Path) -> None:
    answer = provide.provide(request(tmp_path, "auto"), check=True)
    assert answer["mode"] == "build"
    assert answer["reason"] == "the registry of quay.io/cilium/cilium does not answer"


def test_with_an_answer_auto_takes_upstreams_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provide, "registry_answers", lambda repository: True)
    answer = provide.provide(request(tmp_path, "auto"), check=True)
    assert answer["mode"] == "pull"
    assert answer["images"]["cilium"]["ref"].startswith("quay.io/cilium/cilium:v1.18.2")
    assert answer["built"] == ["kind/kind"]


def test_what_the_registrys_storage_holds_is_not_built_again(tmp_path: Path) -> None:
    wanted = request(tmp_path)
    first = provide.provide(wanted, check=True)["images"]["metrics-server"]
    tags = tmp_path / "registry/docker/registry/v2/repositories/metrics-server/metrics-server/_manifests/tags"
    (tags / first["tag"] / "current").mkdir(parents=True)
    (tags / first["tag"] / "current" / "link").write_text("sha256:12ab\n", encoding="utf-8")
    answer = provide.provide(wanted, check=True)
    assert "metrics-server" not in answer["built"]
    assert answer["images"]["metrics-server"]["ref"].endswith("@sha256:12ab")


def test_an_unknown_program_is_named(tmp_path: Path) -> None:
    wrong = provide.Request(**{**vars(request(tmp_path)), "programs": ["kind/knid"]})
    with pytest.raises(provide.DefinitionError, match="'kind/knid' is wanted but not defined"):
        provide.provide(wrong, check=True)
