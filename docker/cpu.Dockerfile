# hondo on processors: OpenVINO and ONNX Runtime, x86-64 and Arm.
FROM python:3.11.9-slim-bookworm

ARG TORCH_INDEX=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/hondo/bin:$PATH HONDO_CACHE=/cache HOME=/cache

# The dependencies first: this layer stays while only the sources change.
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE /build/
COPY src/hondo/version.py /build/src/hondo/version.py
RUN python -m venv /opt/hondo \
    && pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c /build/constraints.txt "/build[onnx,openvino,quantize,compress,serve,data]"
COPY src /build/src
RUN pip install --no-deps --force-reinstall /build && rm -rf /build

# Any user may write the cache, so that `--user "$(id -u):$(id -g)"` works on a mounted folder.
RUN useradd --uid 10001 --home-dir /cache --no-create-home hondo && mkdir -m 1777 /cache && mkdir -m 1777 /data
USER 10001
WORKDIR /data
EXPOSE 8000
# Of `serve` and `live`; switch it off for commands that end: docker run --no-healthcheck
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["hondo"]
CMD ["--help"]
