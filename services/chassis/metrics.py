"""Rate, errors and duration of requests, for Prometheus."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)

REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to answer.", ["method", "route"], buckets=BUCKETS)
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests being answered now.")
CALLS = Counter("http_calls", "Calls made to other services.", ["callee", "outcome"])
RETRIES = Counter("database_retries", "Database transactions begun again.", ["reason"])


async def page() -> Response:
    """Everything that has been counted."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
