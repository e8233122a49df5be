"""The text that Prometheus reads."""

import re

from prometheus_client.parser import text_string_to_metric_families

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
        metrics.seconds.labels(route="/x").observe(seconds)
    samples = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
        if sample.labels.get("route") == "/x"
    }
    assert samples["hondo_request_seconds_bucket", "0.01"] == 2
    assert samples["hondo_request_seconds_bucket", "5.0"] == 4
    assert samples["hondo_request_seconds_bucket", "+Inf"] == 5
    assert samples["hondo_request_seconds_count", None] == 5


def test_the_names_are_those_of_the_documentation() -> None:
    text = Metrics().text()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {
        "hondo_requests_total", "hondo_request_seconds", "hondo_pictures_total", "hondo_batches_total",
        "hondo_engine_seconds_total", "hondo_queue_refused_total", "hondo_stream_frames_total",
    } <= names  # fmt: skip
    assert "_created" not in text and "hondo_pictures_total 0.0" in text


def test_two_services_do_not_share_metrics() -> None:
    first, second = Metrics(), Metrics()
    first.images.inc(3)
    assert "hondo_pictures_total 3.0" in first.text() and "hondo_pictures_total 0.0" in second.text()


def test_odd_labels_are_escaped() -> None:
    metrics = Metrics()
    metrics.requests.labels(route='a"b\\c\nd', status="200").inc()
    assert r'route="a\"b\\c\nd"' in metrics.text()
