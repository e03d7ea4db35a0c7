"""What goes over the wire: texts compressed, photos and files as they are, static files kept."""

import gzip

import pytest

PACKED = {"Accept-Encoding": "gzip, deflate"}


def fetched(client, address, **headers):
    """The answer read to its end, as a browser does, so that the file behind it is closed."""
    return client.get(address, headers=headers, buffered=True)


def test_a_page_goes_over_the_wire_compressed_and_reads_the_same(client_as):
    clerk = client_as("clerk")
    answer = clerk.get("/r/talk/", headers=PACKED)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    plain = clerk.get("/r/talk/")
    assert "Content-Encoding" not in plain.headers
    assert "谈心记录" in gzip.decompress(answer.data).decode()
    assert len(answer.data) < len(plain.data) / 3


def test_the_length_of_a_compressed_page_tells_nothing(client_as):
    clerk = client_as("clerk")
    answers = [clerk.get("/r/talk/", headers=PACKED) for _ in range(12)]
    assert len({len(answer.data) for answer in answers}) > 3


def test_a_browser_that_refuses_gzip_gets_plain_text(client_as):
    answer = client_as("clerk").get("/r/talk/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in answer.headers
    assert "谈心记录" in answer.text


def test_a_style_sheet_is_compressed_and_kept_until_its_version_changes(app, browser):
    version = app.config["ASSET_VERSION"]
    answer = fetched(browser, f"/static/css/phone.css?v={version}", **PACKED)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert gzip.decompress(answer.data) == fetched(browser, "/static/css/phone.css").data
    again = {"If-None-Match": answer.headers["ETag"], **PACKED}
    assert fetched(browser, f"/static/css/phone.css?v={version}", **again).status_code == 304


@pytest.mark.parametrize("address", ["/static/css/phone.css", "/static/css/phone.css?v=old"])
def test_a_static_file_without_its_version_is_asked_for_again(browser, address):
    assert "immutable" not in fetched(browser, address).headers["Cache-Control"]


def test_fonts_and_workbooks_are_not_compressed_twice(client_as):
    clerk = client_as("clerk")
    font = fetched(clerk, "/static/fonts/DejaVuSans-Symbols.ttf", **PACKED)
    book = fetched(clerk, "/export/talk.xlsx", **PACKED)
    assert book.status_code == 200
    for answer in (font, book):
        assert "Content-Encoding" not in answer.headers
