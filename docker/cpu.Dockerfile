# hondo on processors: OpenVINO and ONNX Runtime, x86-64 and Arm.
FROM python:3.11.9-slim-bookworm

ARG TORCH_INDEX=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HONDO_CACHE=/cache

COPY pyproject.toml constraints.txt README.md LICENSE NOTICE /build/
COPY src /build/src
RUN python -m venv /opt/hondo \
    && /opt/hondo/bin/pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c /build/constraints.txt "/build[onnx,openvino,serve]" \
    && rm -rf /build

RUN useradd --create-home --uid 10001 hondo && mkdir -p /cache /data && chown hondo /cache /data
USER hondo
WORKDIR /data
ENV PATH=/opt/hondo/bin:$PATH
ENTRYPOINT ["hondo"]
CMD ["--help"]
