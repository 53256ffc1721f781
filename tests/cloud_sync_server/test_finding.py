"""The blind index follows the file: found by what it says now, and by nothing that it said before."""

from __future__ import annotations

from sqlalchemy import select, text

from cloud_sync_server import finding, proof
from cloud_sync_server.schema import lookups
from cloud_sync_server.statements import put
from tests.cloud_sync_server.wire import MEMBER


def found(hq, question):
    def read(con):
        tokens = [hq.here.vault.lookup(*term) for term in finding.question_terms(question)]
        return set(con.execute(select(lookups.c.member).where(lookups.c.token.in_(tokens))).scalars())

    return hq.here.database.read(read)


def test_an_edit_moves_a_member_in_the_index_and_another_leaves_it_alone(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write("member", "m-0002", {**MEMBER, "phone": "13800000002"})
    store.push()
    assert found(hq, "王") == {"m-0001", "m-0002"}
    store.write("member", "m-0001", {"surname": "李"})
    store.write("member", "m-0002", {"drink": "tea"})
    store.push(3)
    assert found(hq, "王") == {"m-0002"}
    assert found(hq, "李") == {"m-0001"}
    assert found(hq, "13800000001") == {"m-0001"}


def test_a_name_is_found_in_either_order(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {**MEMBER, "surname": "van Dam", "given_name": "Mary Ann"})
    store.write("member", "m-0002", {**MEMBER, "surname": "王", "given_name": "美丽"})
    store.write("member", "m-0003", {**MEMBER, "surname": "Rosa", "given_name": ""})
    store.push()
    for question in ("van dam", "Mary Ann van Dam", "mary ann  van dam"):
        assert found(hq, question) == {"m-0001"}, question
    assert found(hq, "王美丽") == found(hq, "王 美丽") == found(hq, "美丽 王") == {"m-0002"}
    assert found(hq, "rosa") == {"m-0003"}
    assert found(hq, "Mary Ann") == found(hq, "ann mary van dam") == set()


def test_a_member_whose_index_has_a_row_more_of_an_earlier_version_is_forgotten_whole(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {**MEMBER, "surname": "Lee", "given_name": "Rosa"})
    store.push()
    earlier = {"token": hq.here.vault.lookup("name", "rosa lee"), "member": "m-0001"}
    hq.here.database.write(lambda con: put(con, lookups, [earlier], keep=True))
    assert found(hq, "rosa lee") == {"m-0001"}
    store.write("member", "m-0001", {"surname": "Ray"})
    store.push(2)
    assert found(hq, "rosa lee") == set()
    assert found(hq, "rosa ray") == {"m-0001"}


def test_a_record_made_anew_from_the_log_is_found_again(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.push()

    def damage(con):
        con.exec_driver_sql("DELETE FROM records")
        con.exec_driver_sql("DELETE FROM lookups")

    hq.here.database.write(damage)
    assert found(hq, "王") == set()
    assert hq.here.database.write(lambda con: proof.mend(con, hq.here.vault, [("member", "m-0001")])) == 1
    assert found(hq, "王") == {"m-0001"}


def test_an_index_of_long_tokens_is_shortened_by_the_migration(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.push()
    terms = finding.search_terms(MEMBER)
    long = [hq.here.vault.token(*term) for term in terms]

    def back(con):
        con.exec_driver_sql("DROP TABLE lookups")
        con.exec_driver_sql(
            "CREATE TABLE lookups (token TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (token, member))"
        )
        con.exec_driver_sql("CREATE INDEX lookups_member ON lookups (member)")
        con.execute(text("INSERT INTO lookups VALUES (:token, 'm-0001')"), [{"token": one} for one in long])
        con.exec_driver_sql("DROP INDEX leases_given")
        con.exec_driver_sql("DROP INDEX conflicts_at")
        con.exec_driver_sql("ALTER TABLE stores DROP COLUMN lease_times")
        con.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")

    hq.here.database.write(back)
    hq.here.database.migrate()
    assert found(hq, "王") == found(hq, "0001") == {"m-0001"}
    rows = hq.here.database.read(lambda con: con.execute(select(lookups)).all())
    assert {len(row.token) for row in rows} == {16}
    assert len(rows) == len(terms)
