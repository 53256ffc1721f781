"""Several processes on one file, and processes that die: nothing acknowledged is lost."""

import os
import random
import signal
import subprocess
import sys
import time

from edge.store.tinydb_sqlite import SqliteDB

INSERTS = 200
INSERTER = """
import sys
from edge.store.tinydb_sqlite import SqliteDB
with SqliteDB(sys.argv[1], bytes.fromhex(sys.argv[2])) as db:
    for number in range(int(sys.argv[4])):
        db.insert({"by": sys.argv[3], "number": number})
        if len(sys.argv) > 5:
            print(number, flush=True)  # the acknowledgement, after the commit
"""


def inserter(path, key, name, count, *more, **kwargs):
    command = [sys.executable, "-c", INSERTER, str(path), key.hex(), name, str(count), *more]
    return subprocess.Popen(command, **kwargs)


def test_four_processes_that_create_and_fill_one_file_lose_nothing(path, key):
    writers = [inserter(path, key, str(number), INSERTS) for number in range(4)]
    assert [writer.wait(240) for writer in writers] == [0] * 4
    with SqliteDB(path, key) as db:
        found = sorted((document["by"], document["number"]) for document in db)
        assert found == [(str(by), number) for by in range(4) for number in range(INSERTS)]
        assert db.connections.get().execute("PRAGMA integrity_check").get == "ok"


def test_killed_writers_lose_nothing_they_acknowledged(path, key):
    chance = random.Random(9)
    acknowledged = {}
    for turn in range(5):
        writers = {
            f"{turn}.{number}": inserter(path, key, f"{turn}.{number}", 10**6, "say", stdout=subprocess.PIPE)
            for number in range(2)
        }
        for writer in writers.values():
            writer.stdout.readline()  # each has committed at least once
        time.sleep(chance.uniform(0.0, 0.15))
        for name, writer in writers.items():
            os.kill(writer.pid, signal.SIGKILL)
            said = writer.stdout.read().split()
            acknowledged[name] = int(said[-1]) + 1 if said else 1
            writer.stdout.close()
            assert writer.wait(60) == -signal.SIGKILL
        with SqliteDB(path, key) as db:
            assert db.connections.get().execute("PRAGMA integrity_check").get == "ok"
    with SqliteDB(path, key) as db:
        kept = {}
        for document in db:
            kept.setdefault(document["by"], []).append(document["number"])
    for name, count in acknowledged.items():
        assert kept[name] == list(range(len(kept[name])))
        # One more than acknowledged may be there: committed, then killed before it could say so.
        assert count <= len(kept[name]) <= count + 1
