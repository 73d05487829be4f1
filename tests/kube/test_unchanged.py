"""Nothing is sent for what is proved to be unchanged, and the server agrees with every proof."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.fin.platform.plugins.module_utils import _manifests_apply
from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from tests.kube.cluster import Body, Cluster
from tests.kube.manifests import deployment
from tests.kube.test_derived import derived


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many requests of which method are made."""
    counted: Counter[str] = Counter()
    request = KubeClient.request

    def count(self: KubeClient, method: str, *args: Any, **more: Any) -> Any:
        counted[method] += 1
        return request(self, method, *args, **more)

    monkeypatch.setattr(KubeClient, "request", count)
    return counted


def test_derived_objects_are_proved_and_the_server_agrees(
    cluster: Cluster, sent: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = derived("local")
    known = [o for part in ("namespaces", "access", "network", "services") for o in parts[part]]
    objects = [o for o in known if "monitoring.coreos.com" not in o["apiVersion"]]
    cluster.applied(*objects)
    sent.clear()
    assert set(cluster.applied(*objects).values()) == {"unchanged"}
    assert sent["PATCH"] < len(objects) / 4, "most are proved; the rest are values that the server writes differently"
    monkeypatch.setattr(_manifests_apply, "proved_unchanged", lambda *_words: False)
    sent.clear()
    assert set(cluster.applied(*objects).values()) == {"unchanged"}
    assert sent["PATCH"] == len(objects)


NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.sampled_from(["1", "2", ""])
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "image": VALUES.map(lambda value: f"x:{value or 'latest'}")},
        optional={
            "env": st.lists(
                st.fixed_dictionaries({"name": NAMES, "value": VALUES}), max_size=3, unique_by=lambda e: e["name"]
            ),
            "ports": st.lists(
                st.fixed_dictionaries({"containerPort": st.sampled_from([80, 81])}, optional={"name": NAMES}),
                max_size=1,
            ),
            "args": st.lists(VALUES, max_size=2),
            "resources": st.sampled_from([{}, {"limits": {"memory": "64Mi"}}, {"limits": {"cpu": "1000m"}}]),
        },
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda container: container["name"],
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=CONTAINERS, second=CONTAINERS, labels=st.dictionaries(NAMES, VALUES), replicas=st.sampled_from([None, 0, 1])
)
def test_server_agrees_on_any_change(
    cluster: Cluster, first: list[Body], second: list[Body], labels: dict[str, str], replicas: int | None
) -> None:
    """From one manifest to another: what the module says is what the server would say if it were asked."""
    before, after = (_with(cluster, containers) for containers in (first, second))
    after["metadata"]["labels"] = labels
    if replicas is None:
        del after["spec"]["replicas"]
    else:
        after["spec"]["replicas"] = replicas
    cluster.applied(cluster.namespace(), before)
    told = cluster.applied(after, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_manifests_apply, "proved_unchanged", lambda *_words: False)
        assert cluster.applied(after, check=True) == told
    assert cluster.applied(after) == told
    assert set(cluster.applied(after).values()) == {"unchanged"}


def _with(cluster: Cluster, containers: list[Body]) -> Body:
    body = deployment(cluster.name, "web", replicas=0)
    body["spec"]["template"]["spec"]["containers"] = copy.deepcopy(containers)
    return body
