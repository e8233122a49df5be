# A file of `hondo export --to onnx` on Jetson boards with JetPack 6 (L4T 36), whose Python 3.10 is too old for hondo itself:
# examples/device.py with NumPy and ONNX Runtime. For the GPU of the board: trtexec of JetPack, see docs/embedded.md.
FROM python:3.10.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install "numpy==2.2.6" "onnxruntime==1.22.0"
COPY examples/device.py /opt/device.py
RUN useradd --uid 10001 --no-create-home hondo && mkdir -m 1777 /data
USER 10001
WORKDIR /data
ENTRYPOINT ["python", "/opt/device.py"]
