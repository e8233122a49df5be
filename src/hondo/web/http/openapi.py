"""Request bodies, example responses and the token for the OpenAPI document."""

from typing import Any

from fastapi import FastAPI

_IMAGE = {"schema": {"type": "string", "format": "binary", "description": "an image file, at most 20 MB"}}

# The body of a route that takes an image: an image file, or a multipart form with one.
IMAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/jpeg": _IMAGE,
            "image/png": _IMAGE,
            "application/octet-stream": _IMAGE,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {"image": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}

FACTS_EXAMPLE: dict[str, Any] = {
    "model": "hondo-nano",
    "engine": "openvino",
    "precision": "fp32",
    "kind": "scaled_inverse_depth",
    "unit": "",
    "factor": 51234.5,
    "offset": 0.0,
    "width": 640,
    "height": 480,
    "network_size_hw": [192, 256],
    "milliseconds": 18.2,
    "png": "iVBORw0KGgo...",
}

MODELS_EXAMPLE: dict[str, Any] = {
    "default": "hondo-nano",
    "models": [
        {
            "name": "hondo-nano",
            "is_loaded": True,
            "preparing": "",
            "kind": "scaled_inverse_depth",
            "unit": "",
            "network_size_hw": [192, 640],
            "engine": "openvino",
            "precision": "fp32",
            "device": "cpu",
        }
    ],
}


def add_token(app: FastAPI) -> None:
    """States in the OpenAPI document that a server may require a token."""
    plain = app.openapi

    def with_token() -> dict[str, Any]:
        document = plain()
        scheme = {"type": "http", "scheme": "bearer", "description": "only for servers that require a token"}
        document.setdefault("components", {})["securitySchemes"] = {"token": scheme}
        document["security"] = [{}, {"token": []}]
        return document

    app.openapi = with_token
