"""GET /healthz, /readyz and /metrics: what supervisors ask."""

from fastapi import APIRouter, Request, Response

from hondo.web.refusal import documented
from hondo.web.service import service_of

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the process answers at all."""
    return {"status": "ok"}


@router.get("/readyz", responses=documented((503,)))
async def readyz(request: Request) -> dict[str, str]:
    """200 while pictures are taken; 503 while the service starts or stops."""
    service_of(request).check_ready()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response, responses=documented((401, 403, 429)))
async def metrics(request: Request) -> Response:
    """Counts, times and gauges as Prometheus reads them."""
    return Response(service_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
