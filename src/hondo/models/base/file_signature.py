"""What a file that should hold weights really is, by its first bytes: a Git LFS pointer, a web page, TorchScript."""

import zipfile
from pathlib import Path

from hondo.core.errors import HondoError

# First bytes of files that are no checkpoint, and what they are.
_NO_CHECKPOINT = (
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the file itself; fetch it (git lfs pull, or the download button)",
    ),
    (b"<!doctype html", "a web page (a sign-in, quota or error page), not a checkpoint; download the file itself"),
    (b"<html", "a web page (a sign-in, quota or error page), not a checkpoint; download the file itself"),
    (b"<?xml", "an XML message of a server, not a checkpoint; download the file itself"),
    (b"{", "JSON text (an error message or a configuration), not a checkpoint; download the weights themselves"),
)


def check_is_checkpoint(path: Path) -> None:
    """Names a file that is something else by its first bytes: a Git LFS pointer, a web page, TorchScript."""
    with path.open("rb") as file:
        head = file.read(64)
    size = path.stat().st_size
    for mark, what in _NO_CHECKPOINT:
        if b"\0" not in head and head.lstrip().lower().startswith(mark):
            raise HondoError(f"{path} ({size} bytes) is {what}")
    if not head:
        raise HondoError(f"{path} is truncated to nothing; copy or download it again")
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any("/code/" in name for name in archive.namelist()):
                raise HondoError(
                    f"{path} is a TorchScript program, which would run code; save its weights alone: "
                    "torch.save(torch.jit.load(FILE).state_dict(), 'weights.pt'), and give that file"
                )
