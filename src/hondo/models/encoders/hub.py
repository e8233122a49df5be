"""The Hugging Face hub, which holds timm's weights: without a network its cache alone is asked, and at once."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies


@contextmanager
def cache_alone_if_unreachable() -> Iterator[None]:
    """The hub's own client tries for a minute, and tells of every try, before it looks into its cache."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not is_known(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def is_known(address: str) -> bool:
    """Whether the name of the address's host is known here; behind a proxy it need not be."""
    if getproxies():
        return True
    try:
        socket.getaddrinfo(urlsplit(address).hostname, None)
    except OSError:
        return False
    return True
