# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What watches a service, where the plan holds monitoring: how it is scraped, and alerts on the rate at which it spends its error budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import Object, manifest, service_pods

MONITORING_NAMESPACE = "monitoring"
_API = "monitoring.coreos.com/v1"
# Google's Site Reliability Workbook, chapter 5, table 5-8: (long window, short window, burn rate, severity, share of a month's budget).
_BURN_RATES = (
    ("1h", "5m", 14.4, "critical", "2 %"),
    ("6h", "30m", 6.0, "critical", "5 %"),
    ("1d", "2h", 3.0, "warning", "10 %"),
    ("3d", "6h", 1.0, "warning", "10 %"),
)


def scrape_peer() -> Object:
    """The peer of network policies from which services are scraped."""
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": MONITORING_NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
    }


def monitoring_objects(service: Mapping[str, Any], labels: Mapping[str, str]) -> list[Object]:
    """The ServiceMonitor and the PrometheusRule of one service."""
    name, namespace = service["name"], service["namespace"]
    monitor = {
        "selector": {"matchLabels": service_pods(name)},
        "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s", "scrapeTimeout": "10s"}],
    }
    rules = [*_recorded(service), *_availability(service), _latency(service)]
    return [
        manifest("ServiceMonitor", _API, name, namespace, labels, spec=monitor),
        manifest(
            "PrometheusRule", _API, name, namespace, labels, spec={"groups": [{"name": f"{name}.slo", "rules": rules}]}
        ),
    ]


def _record(window: str) -> str:
    return f"service:http_request_errors:ratio_rate{window}"


def _recorded(service: Mapping[str, Any]) -> list[Object]:
    windows = sorted({window for long, short, *_rest in _BURN_RATES for window in (long, short)})
    where = f'namespace="{service["namespace"]}",job="{service["name"]}"'
    rules = []
    for window in windows:
        failed = f'sum(rate(http_requests_total{{{where},status=~"5.."}}[{window}]))'
        # No request at all spends no budget.
        expression = f"({failed} or vector(0)) / (sum(rate(http_requests_total{{{where}}}[{window}])) > 0)"
        rules.append({"record": _record(window), "expr": expression, "labels": {"service": service["name"]}})
    return rules


def _availability(service: Mapping[str, Any]) -> list[Object]:
    name = service["name"]
    budget = round(1 - service["slo"]["availability"] / 100, 8)
    rules = []
    for long, short, rate, severity, share in _BURN_RATES:
        limit = f"{rate * budget:.8g}"
        expression = " and ".join(f'{_record(window)}{{service="{name}"}} > {limit}' for window in (long, short))
        summary = f"{name} spends {share} of a month's error budget in {long}"
        description = f"More than {rate:g} times the failures that {service['slo']['availability']} % availability allows, over {long} and over {short}."
        rules.append(_alert(service, f"ErrorBudgetBurn{long}", expression, severity, summary, description, "2m"))
    return rules


def _latency(service: Mapping[str, Any]) -> Object:
    name, limit = service["name"], service["slo"]["p99_ms"]
    where = f'namespace="{service["namespace"]}",job="{name}"'
    expression = f"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{{{where}}}[5m]))) > {limit / 1000:g}"
    summary = f"{name} answers its slowest hundredth in more than {limit} ms"
    return _alert(
        service,
        "SlowResponses",
        expression,
        "warning",
        summary,
        f"The 99th percentile is above {limit} ms for ten minutes.",
        "10m",
    )


def _alert(
    service: Mapping[str, Any], name: str, expression: str, severity: str, summary: str, description: str, since: str
) -> Object:
    return {
        "alert": name,
        "expr": expression,
        "for": since,
        "labels": {"severity": severity, "service": service["name"], "zone": service["zone"]},
        "annotations": {"summary": summary, "description": description},
    }
