"""GET /v1/models: what can be asked for."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from hondo.web.openapi import MODELS_EXAMPLE
from hondo.web.refusal import documented
from hondo.web.service import service_of

router = APIRouter()

RESPONSES = {
    200: {"description": "the models by name", "content": {"application/json": {"example": MODELS_EXAMPLE}}}
} | documented((401, 403, 429))


@router.get("/v1/models", responses=RESPONSES)
async def models(request: Request) -> dict[str, Any]:
    """The models of this server; those not yet loaded are loaded when they are first asked for."""
    served = service_of(request).models
    return {"default": served.default, "models": [asdict(model) for model in served.listed()]}
