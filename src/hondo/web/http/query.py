"""Query parameters that a route does not have: refused, since a misspelt one would be ignored in silence."""

from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from hondo.web.http.refusal import Refusal

_MOST_SHOWN = 40  # characters


def refuse_unknown_parameters(connection: HTTPConnection) -> None:
    """Refuses names that the HTTP route does not declare, and names given twice; streams check their own."""
    route = connection.scope.get("route")
    if not isinstance(route, APIRoute) or not route.include_in_schema or connection.scope["type"] != "http":
        return
    known = [parameter.alias for parameter in route.dependant.query_params]
    given = [name for name, _ in connection.query_params.multi_items()]
    for name in given:
        if name not in known:
            allowed = f"the parameters are {', '.join(known)}" if known else "this path has none"
            raise Refusal(400, f"unknown query parameter '{name[:_MOST_SHOWN]}'; {allowed}")
        if given.count(name) > 1:
            raise Refusal(400, f"the query parameter '{name}' is given more than once")
