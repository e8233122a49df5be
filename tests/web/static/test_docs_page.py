"""/docs: Swagger UI in a browser, without anything from elsewhere, also with a token."""

import pytest

from hondo.web.security.access import Access

TOKEN = "right-token-right-token"


@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_route_is_tried_in_the_browser(page, serving, token) -> None:
    started = serving(access=Access(token=token))
    page.open(f"{started.url}/healthz")
    if token:
        page.value(f"sessionStorage.setItem('hondo-token', '{token}')")
    page.open(f"{started.url}/docs")
    page.wait("document.querySelector('[id*=models_v1_models_get] button')")
    page.value("document.querySelector('[id*=models_v1_models_get] button').click()")
    page.wait("document.querySelector('.try-out__btn')")
    page.value("document.querySelector('.try-out__btn').click()")
    page.wait("document.querySelector('button.execute')")
    page.value("document.querySelector('button.execute').click()")
    page.wait("document.querySelector('tr.response td.response-col_status')?.textContent.trim() === '200'")
    page.wait("document.querySelector('.live-responses-table tbody')?.textContent.includes('tiny')")
    origins = page.value(
        "[...new Set(performance.getEntriesByType('resource').map((each) => new URL(each.name).origin))]"
    )
    assert {origin for origin in origins if origin != "null"} == {started.url}
