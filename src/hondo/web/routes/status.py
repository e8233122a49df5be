"""GET /healthz, /readyz and /metrics: what supervisors ask."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from hondo.web.http.openapi import MODELS_EXAMPLE
from hondo.web.http.refusal import documented
from hondo.web.inference.service import service_of

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the process answers at all."""
    return {"status": "ok"}


@router.get("/readyz", responses=documented((503,)))
async def readyz(request: Request) -> dict[str, str]:
    """200 while images are taken; 503 while the service starts or stops."""
    service_of(request).check_ready()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response, responses=documented((401, 403, 429)))
async def metrics(request: Request) -> Response:
    """Counts, times and gauges as Prometheus reads them."""
    return Response(service_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


RESPONSES = {
    200: {"description": "the models by name", "content": {"application/json": {"example": MODELS_EXAMPLE}}}
} | documented((401, 403, 429))


@router.get("/v1/models", responses=RESPONSES)
async def models(request: Request) -> dict[str, Any]:
    """The models of this server; those not yet loaded are loaded when they are first asked for."""
    served = service_of(request).models
    return {"default": served.default, "models": [asdict(model) for model in served.listed()]}
