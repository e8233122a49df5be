"""The text that Prometheus reads."""

import re

from hondo.web.inference.service_metrics import Metrics

LINE = re.compile(r'^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$')


def test_every_line_is_well_formed(server, image) -> None:
    with server.client() as client:
        client.post("/v1/depth", content=image())
        client.get("/nothing")
        response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = response.text.splitlines()
    assert all(line.startswith("# ") or LINE.match(line) for line in lines)
    assert any(line.startswith('hondo_requests_total{route="/v1/depth",status="200"}') for line in lines)
    assert any(line.startswith('hondo_requests_total{route="other",status="404"}') for line in lines)
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) and "process_open_fds" in names


def test_buckets_add_up() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.01, 0.02, 3.0, 100.0):
        metrics.seconds.observe(seconds, route="/x")
    lines = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in metrics.seconds.lines()}
    assert lines['hondo_request_seconds_bucket{route="/x",le="0.01"}'] == "2"
    assert lines['hondo_request_seconds_bucket{route="/x",le="5.0"}'] == "4"
    assert lines['hondo_request_seconds_bucket{route="/x",le="+Inf"}'] == "5"
    assert lines['hondo_request_seconds_count{route="/x"}'] == "5"


def test_odd_labels_are_escaped() -> None:
    metrics = Metrics()
    metrics.requests.add(route='a"b\\c\nd', status="200")
    assert r'route="a\"b\\c\nd"' in metrics.text()
