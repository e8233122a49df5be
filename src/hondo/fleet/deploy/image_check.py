"""Whether a registry has an image by its digest, by the registry's own HTTP interface (OCI distribution, v2)."""

import re
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message

from hondo.core.errors import HondoError, reason_of
from hondo.core.text_file import load_object

TIMEOUT_S = 10.0
KINDS = (
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
)  # fmt: skip
HUB = "registry-1.docker.io"


def check_image(image: str, *, scheme: str = "https") -> None:
    """HondoError where the registry of ``REGISTRY/NAME@sha256:...`` does not have it or does not answer."""
    name, _, digest = image.partition("@")
    registry, _, repository = name.partition("/")
    registry = HUB if registry == "docker.io" else registry
    url = f"{scheme}://{registry}/v2/{repository}/manifests/{digest}"
    try:
        status, headers = _head(url, token=None)
        if status == 401 and (token := _anonymous_token(headers.get("WWW-Authenticate", ""), repository)):
            status, headers = _head(url, token=token)
    except OSError as error:
        raise HondoError(
            f"image {image}: the registry {registry} does not answer ({reason_of(error)}); check its name",
            field="image",
        ) from error
    if status in (401, 403):
        raise HondoError(
            f"image {image}: {registry} asks for a login; machines of the fleet pull without one, so make it public to "
            "them or use a registry of the provider",
            field="image",
        )
    if status != 200:
        raise HondoError(
            f"image {image}: {registry} does not have it (HTTP {status}); build docker/cuda.Dockerfile, push it, and "
            "give the digest that docker push prints",
            field="image",
        )


def _head(url: str, *, token: str | None) -> tuple[int, Message]:
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(KINDS)})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def _anonymous_token(challenge: str, repository: str) -> str | None:
    """The token that a registry gives to everybody who asks, for public images."""
    parts = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not challenge.startswith("Bearer ") or "realm" not in parts:
        return None
    query = {"scope": parts.get("scope", f"repository:{repository}:pull")}
    query |= {"service": parts["service"]} if "service" in parts else {}
    try:
        with urllib.request.urlopen(f"{parts['realm']}?{urllib.parse.urlencode(query)}", timeout=TIMEOUT_S) as answer:
            stated = load_object(answer.read(), name=parts["realm"])
    except urllib.error.HTTPError:
        return None
    return stated.get("token") or stated.get("access_token")
