# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be built, and what its key depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.fin.platform.plugins.module_utils import _images_definition as definition

COMMITTED = Path(__file__).parents[4] / "roles" / "images" / "files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One program group and three images, one on another."""
    write(tmp_path / "programs/tool/build.yml", "packages: {tool: example.org/tool}\n")
    write(tmp_path / "programs/tool/go.mod", "module x\n")
    write(tmp_path / "programs/tool/go.sum", "")
    write(tmp_path / "images/base/image.yml", "rootfs: {packages: [bash]}\npush: false\n")
    write(tmp_path / "images/base/Containerfile", "FROM scratch\nADD rootfs.tar /\n")
    write(
        tmp_path / "images/tool/image.yml",
        "upstream: {repository: example.org/team/tool, tag: v1}\nbase: base\nprograms: {tool: [tool]}\n",
    )
    write(tmp_path / "images/tool/Containerfile", "ARG BASE\nFROM ${BASE}\n")
    write(tmp_path / "images/node/image.yml", "programs: {tool: [tool]}\npreload: [tool]\npush: false\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def load(folder: Path, services: Path | None = None) -> definition.Definitions:
    return definition.load(folder / "programs", folder / "images", services)


def key(definitions: definition.Definitions, name: str) -> str:
    return definitions.image_key(definitions.images[name])


def test_an_image_comes_after_what_it_is_built_on(folder: Path) -> None:
    assert [image.name for image in load(folder).order(["node"])] == ["base", "tool", "node"]


def test_the_upstream_name_loses_its_host(folder: Path) -> None:
    tool = load(folder).images["tool"]
    assert (tool.repository, tool.tag) == ("team/tool", "v1")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("programs/tool/go.sum", "example.org/x v1 h1:abc\n"),
        ("images/base/image.yml", "rootfs: {packages: [bash, sed]}\npush: false\n"),
        ("images/tool/Containerfile", "ARG BASE\nFROM ${BASE}\nUSER 1\n"),
    ],
)
def test_whatever_an_image_is_made_of_changes_its_key(folder: Path, file: str, text: str) -> None:
    before = key(load(folder), "node")
    write(folder / file, text)
    assert key(load(folder), "node") != before


def test_the_same_contents_have_the_same_key_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = key(load(folder), "node")
    moved = tmp_path_factory.mktemp("moved") / "here"
    folder.rename(moved)
    assert key(load(moved), "node") == first


def test_all_mistakes_are_reported_at_once(folder: Path) -> None:
    write(folder / "programs/tool/build.yml", "package: {tool: example.org/tool}\n")
    (folder / "programs/tool/go.sum").unlink()
    write(folder / "images/base/image.yml", "rootfs: {packages: [bash], variants: x}\n")
    with pytest.raises(definition.DefinitionError) as caught:
        load(folder)
    message = str(caught.value)
    for expected in ("unknown key 'package'", "go.sum: missing", "unknown key 'variants'", "tool/tool is not defined"):
        assert expected in message


def test_images_built_on_each_other_in_a_circle_are_refused(folder: Path) -> None:
    write(folder / "images/base/image.yml", "rootfs: {packages: [bash]}\nbase: node\n")
    with pytest.raises(definition.DefinitionError, match="circle: node -> tool -> base -> node"):
        load(folder).order(["node"])


def test_an_unknown_image_is_named(folder: Path) -> None:
    with pytest.raises(definition.DefinitionError, match="'nothing' is wanted but not defined"):
        load(folder).order(["nothing"])


def test_a_service_is_an_image_and_its_tests_are_not_in_it(folder: Path, tmp_path: Path) -> None:
    services = tmp_path / "services"
    for file in (
        "Containerfile",
        "requirements.lock",
        "chassis/a.py",
        "pay/service.yml",
        "pay/main.py",
        "pay/tests/test_a.py",
    ):
        write(services / file, "x\n")
    before = service_key(folder, services)
    write(services / "pay/tests/test_a.py", "y\n")
    assert service_key(folder, services) == before
    write(services / "chassis/a.py", "y\n")
    assert service_key(folder, services) != before


def service_key(folder: Path, services: Path) -> str:
    """The key of the service `pay`, on the base that this test has."""
    definitions = load(folder, services)
    definitions.images["python"] = definitions.images["base"]
    return key(definitions, "pay")


def test_the_committed_definitions_are_right() -> None:
    found = definition.load(COMMITTED / "programs", COMMITTED / "images", None)
    assert found.order(sorted(found.images))
    for group in found.programs.values():
        assert group.outputs, f"{group.name} builds nothing"
