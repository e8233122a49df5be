# hondo on Jetson boards with JetPack 7 (L4T 38 and newer), whose Python and CUDA are those of Arm servers.
FROM nvidia/cuda:13.0.1-base-ubuntu24.04

ARG TORCH_INDEX=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HONDO_CACHE=/cache
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

COPY pyproject.toml constraints.txt README.md LICENSE NOTICE /build/
COPY src /build/src
RUN python3 -m venv /opt/hondo \
    && /opt/hondo/bin/pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c /build/constraints.txt "/build[onnx,tensorrt,serve]" \
    && rm -rf /build

RUN useradd --create-home --uid 10001 hondo && mkdir -p /cache /data && chown hondo /cache /data
USER hondo
WORKDIR /data
ENV PATH=/opt/hondo/bin:$PATH
ENTRYPOINT ["hondo"]
CMD ["--help"]
