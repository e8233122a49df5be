"""The web server and the cache of the tests of downloads."""

from tests.models.download.conftest import cache, site  # noqa: F401
