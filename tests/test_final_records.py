"""A file that was reviewed is kept as it is (Q20-3): not changed, not deleted, by nobody."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.errors import Denied, Locked
from models.core.gates import row
from models.core.register import find
from tests.spoiled import Spoiler

FILED = find("archive-item")
# The leadership reads files, the clerk alone writes them.
REFUSED = {"clerk": Locked, "leadership": Denied}


@pytest.fixture
def filed(world):
    """A file that waits for its review."""
    one = Spoiler(world).add("archive-item", reviewed_on="", reviewed_by="")
    return row(world.clerk, FILED, one)


@pytest.fixture
def reviewed(world, filed):
    raw = {"reviewed_on": "2025-11-12", "reviewed_by": world.staff_leadership}
    return service.update(world.clerk, FILED, filed.id, raw, filed.version)


def test_a_file_is_changed_and_reviewed_while_it_waits(world, filed, reviewed):
    assert row(world.clerk, FILED, filed.id).reviewed_on is not None


@pytest.mark.parametrize("who", ["clerk", "leadership"])
def test_a_reviewed_file_is_neither_changed_nor_deleted(world, reviewed, who):
    actor = world.actors[who]
    for raw in ({"title": "另一个题名"}, {"reviewed_on": "", "reviewed_by": ""}):
        with pytest.raises(REFUSED[who]):
            service.update(actor, FILED, reviewed.id, raw, reviewed.version)
    with pytest.raises(REFUSED[who]):
        service.delete(actor, FILED, reviewed.id)
    kept = row(world.clerk, FILED, reviewed.id)
    assert (kept.version, kept.deleted_at) == (reviewed.version, None)


def test_its_page_says_so_and_offers_no_change(client_as, reviewed):
    client = client_as("clerk")
    page = client.get(f"/r/archive-item/{reviewed.id}").text
    assert "这条归档文件已经封存" in page
    assert f"/r/archive-item/{reviewed.id}/edit" not in page
    assert client.get(f"/r/archive-item/{reviewed.id}/edit").status_code == 302
