from __future__ import annotations

from uuid import UUID

from penstock.scripts.stack.kafka import cluster_id


def test_a_cluster_id_never_looks_like_an_option() -> None:
    ids = {cluster_id(UUID(int=first << 120 | 7)) for first in range(256)}
    assert not [one for one in ids if one.startswith("-")]
    assert {len(one) for one in ids} == {22}
