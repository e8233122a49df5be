"""GET /healthz, /readyz, /metrics and /v1/models: health, metrics and models of the service."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from hondo.web.http.openapi import MODELS_EXAMPLE
from hondo.web.http.refusal import documented
from hondo.web.inference.service import service_of
from hondo.web.inference.service_metrics import CONTENT_TYPE

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the process responds."""
    return {"status": "ok"}


@router.get("/readyz", responses=documented((503,)))
async def readyz(request: Request) -> dict[str, str]:
    """200 while the service accepts images; 503 while it starts or stops."""
    service_of(request).check_ready()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response, responses=documented((401, 403, 429)))
async def metrics(request: Request) -> Response:
    """Metrics in the Prometheus text format."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE)


MODELS_RESPONSES = {
    200: {"description": "the models, the default first", "content": {"application/json": {"example": MODELS_EXAMPLE}}}
} | documented((401, 403, 429))


@router.get("/v1/models", responses=MODELS_RESPONSES)
async def models(request: Request) -> dict[str, Any]:
    """The models of this server. A model is loaded at its first use."""
    served = service_of(request).models
    return {"default": served.default, "models": [asdict(model) for model in served.listed()]}
