from __future__ import annotations

import gc
import threading
import time
from typing import Any

from penstock.scripts.jvm.gateway import _released, environment, release
from penstock.scripts.local.mini_cluster import MiniCluster


def test_an_object_collected_by_another_thread_opens_no_second_connection(cluster: MiniCluster) -> None:
    """A second connection means another Java thread, on which the planner fails (see `gateway.release`)."""
    from pyflink.java_gateway import get_gateway

    java = get_gateway()
    release()
    connections = java._gateway_client.deque
    before = len(connections)
    held: list[Any] = [java.jvm.java.util.ArrayList()]

    def let_go() -> None:
        time.sleep(0.2)
        held.clear()
        gc.collect()

    thread = threading.Thread(target=let_go)
    thread.start()
    java.jvm.java.lang.Thread.sleep(600)
    thread.join()
    assert len(connections) == before
    assert len(_released) >= 1, "the release must wait for this thread"
    release()
    assert not _released


def test_a_class_is_looked_up_in_as_many_class_loaders_for_a_later_environment(cluster: MiniCluster) -> None:
    from pyflink.java_gateway import get_gateway

    def class_loaders() -> int:
        environment({"execution.target": "remote"}, False)
        loader, count = get_gateway().jvm.Thread.currentThread().getContextClassLoader(), 0
        while loader:
            loader, count = loader.getParent(), count + 1
        return count

    assert class_loaders() == class_loaders() == class_loaders()
