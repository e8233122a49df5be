"""The ASGI application: all routes, errors as JSON, and the gate in front of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from hondo.version import __version__
from hondo.web.http.openapi import add_token
from hondo.web.http.query import refuse_unknown_parameters
from hondo.web.http.refusal import REASONS, Refusal
from hondo.web.inference.service import Service
from hondo.web.routes import depth, documentation, status, streams, viewer
from hondo.web.security.gate import Gate

ROUTES = {"depth": depth.router, "live": streams.router, "viewer": viewer.router, "service": status.router}
_DESCRIPTION = (
    "WebSockets, which OpenAPI does not describe: /v1/stream (images in, depth out) and /v1/live (the frames of the "
    "server's camera); `hondo.client` uses both."
)


def build_app(service: Service) -> FastAPI:
    """The application of a service; starting and stopping it starts and stops the service."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.begin()
        yield
        await service.stop()

    app = FastAPI(
        title="hondo", version=__version__, summary="Depth from single images", description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json",
    )  # fmt: skip
    app.state.service = service
    for tag, router in ROUTES.items():
        app.include_router(router, dependencies=[Depends(refuse_unknown_parameters)], tags=[tag])
    app.include_router(documentation.router)
    add_token(app)
    app.mount("/static", StaticFiles(directory=viewer.STATIC), name="static")
    app.add_exception_handler(Refusal, _respond_refusal)
    app.add_exception_handler(RequestValidationError, _respond_invalid_query)
    app.add_exception_handler(HTTPException, _respond_framework_error)
    app.add_exception_handler(Exception, _respond_internal_error)
    app.add_middleware(Gate, service=service)
    return app


def _respond_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error.response()


def _respond_invalid_query(request: Request, error: Exception) -> Response:
    """The first entry of FastAPI's list of validation errors."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return Refusal(400, f"{where}: {first['msg']}").response()


def _respond_framework_error(request: Request, error: Exception) -> Response:
    """404 and 405, which the framework raises itself."""
    assert isinstance(error, HTTPException)
    status_code = error.status_code if error.status_code in REASONS else 400
    return Refusal(status_code, REASONS[status_code]).response()


def _respond_internal_error(request: Request, error: Exception) -> Response:
    return Refusal(500, f"internal error ({type(error).__name__}); see the server log").response()
