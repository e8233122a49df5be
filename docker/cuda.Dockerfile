# hondo on NVIDIA GPUs: PyTorch and TensorRT bring their own CUDA libraries, the driver comes from the host.
FROM nvidia/cuda:12.6.3-base-ubuntu24.04

ARG TORCH_INDEX=""
# Packages that a fleet's head and workers reach their provider with: --build-arg CLOUD="boto3 s3fs" (aws),
# "google-api-python-client gcsfs" (gcp), "azure-identity azure-mgmt-compute azure-mgmt-network azure-mgmt-resource adlfs".
ARG CLOUD=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/hondo/bin:$PATH HONDO_CACHE=/cache HOME=/cache
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-client python3 python3-venv rsync \
    && rm -rf /var/lib/apt/lists/*

# The dependencies first: this layer stays while only the sources change.
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE /build/
COPY src/hondo/version.py /build/src/hondo/version.py
RUN python3 -m venv /opt/hondo \
    && pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c /build/constraints.txt "/build[onnx,tensorrt,serve,data,study,fleet]" ${CLOUD}
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
