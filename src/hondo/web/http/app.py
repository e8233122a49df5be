"""The application: every route, the refusals as JSON, the gate in front."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from hondo.version import __version__
from hondo.web.http.refusal import REASONS, Refusal
from hondo.web.inference.service import Service
from hondo.web.routes import depth, status, streams, viewer
from hondo.web.security.gate import Gate

ROUTES = (depth.router, streams.router, viewer.router, status.router)


def build_app(service: Service) -> FastAPI:
    """The ASGI application of a service; it starts and stops the service."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.begin()
        yield
        await service.stop()

    app = FastAPI(
        title="hondo", version=__version__, summary="Depth from single images", lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json",
    )  # fmt: skip
    app.state.service = service
    for router in ROUTES:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=viewer.STATIC), name="static")
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(Gate, service=service)
    return app


def _answer(refusal: Refusal) -> Response:
    return Response(refusal.body, status_code=refusal.status, headers=refusal.headers, media_type="application/json")


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(error)


def _invalid(request: Request, error: Exception) -> Response:
    """FastAPI's list of what is wrong with the query, as the first of it in one line."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _answer(Refusal(400, f"{where}: {first['msg']}"))


def _framework(request: Request, error: Exception) -> Response:
    """404 and 405, which the framework raises itself."""
    assert isinstance(error, HTTPException)
    code = error.status_code if error.status_code in REASONS else 400
    return _answer(Refusal(code, REASONS[code]))


def _fault(request: Request, error: Exception) -> Response:
    return _answer(Refusal(500, f"a fault of the service ({type(error).__name__}); its log tells more"))
