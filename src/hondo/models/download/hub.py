"""What the Hugging Face hub says of a file: its address, size and SHA-256. Mirrors and tokens are those of the hub."""

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from hondo.core.errors import reason_of
from hondo.models.download.releases import HubFile
from hondo.models.download.transfer import ELSEWHERE, FetchError, Wanted


@dataclass(frozen=True, kw_only=True)
class HubFacts:
    """The address that was asked, where the file is now, and its SHA-256: empty for a small file, kept in git."""

    url: str
    wanted: Wanted
    sha256: str


def hub_facts(file: HubFile) -> HubFacts:
    """Asks the hub, or the mirror that HF_ENDPOINT names."""
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_url
    from huggingface_hub.errors import HTTPError

    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or None
    url = hf_hub_url(file.repo, file.file, endpoint=endpoint)
    try:
        facts = get_hf_file_metadata(url, endpoint=endpoint)
    except (OSError, HTTPError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is None:
            host = urlsplit(url).hostname
            says = f"no connection to {host} ({reason_of(error)[:80]}); check the network, its proxy and HF_ENDPOINT"
            raise FetchError(says) from error
        raise FetchError(f"{url}: the server answers {status}", is_gone=status in ELSEWHERE) from error
    etag = facts.etag or ""
    if facts.commit_hash is None or not etag:
        raise FetchError(f"{url}: the answer is not that of a hub (a sign-in or proxy page?); check HF_ENDPOINT")
    is_same_host = urlsplit(facts.location).netloc == urlsplit(url).netloc
    wanted = Wanted(url=facts.location, size=facts.size, token=get_token() if is_same_host else None)
    return HubFacts(url=url, wanted=wanted, sha256=etag if re.fullmatch("[0-9a-f]{64}", etag) else "")
