"""By what a member can be found: a blind index, since nobody can search in what is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete

from cloud_sync_server.schema import lookups
from cloud_sync_server.statements import Among, Prepared, put
from cloud_sync_server.vault import Vault
from salon.rules import phones

Terms = list[tuple[str, str]]
"""(purpose of the key, value)."""
Values = dict[str, Any]
Tokens = dict[str, tuple[bytes, ...]]
"""Of each member."""

_WORDS = 8
"""Of a name that somebody asks for: how many are tried as given names before a surname."""

_NO_LOOKUPS = Prepared(delete(lookups).where(Among(lookups.c.member, "rids")))


def index(
    con: Connection,
    vault: Vault,
    members: dict[str, tuple[Values | None, Values]],
    made: Tokens | None = None,
) -> None:
    """Make the index what members' values say; of each, what it was made of before (None: not known). `made`: of new members, if known."""
    terms = {rid: search_terms(values) for rid, (_, values) in members.items()}
    before = {rid: None if was is None else search_terms(was) for rid, (was, _) in members.items()}
    anew = [rid for rid in members if before[rid] != terms[rid]]
    if gone := [rid for rid in anew if before[rid] != []]:
        _NO_LOOKUPS.run(con, rids=gone)
    found = tokens(vault, {rid: terms[rid] for rid in anew}) | (made or {})
    rows = sorted({(token, rid) for rid, every in found.items() for token in every})
    put(con, lookups, [{"token": token, "member": rid} for token, rid in rows], keep=True)


def tokens(vault: Vault, terms: Mapping[str, Terms]) -> Tokens:
    """What members are found by, as the index has it."""
    # Many have a surname, some a whole name, in common: each is hashed once.
    hashed = {term: vault.lookup(*term) for term in {term for every in terms.values() for term in every}}
    return {rid: tuple(hashed[term] for term in every) for rid, every in terms.items()}


def search_terms(values: dict[str, Any]) -> Terms:
    """By what a member can be found."""
    if not values:  # she was not there before
        return []
    terms = [("phone", values.get(name) or "") for name in ("phone", "phone2")]
    terms += [("phone end", number[-4:]) for _, number in list(terms)]
    surname, given = (values.get("surname") or "").casefold(), (values.get("given_name") or "").casefold()
    terms += [("name", surname), ("name", surname + given)]
    terms.append(("card", values.get("card_code") or ""))
    return [term for term in terms if term[1]]


def question_terms(text: str) -> Terms:
    """What somebody may have meant who typed this into a search field."""
    plain = text.strip().casefold()
    terms = [("name", plain), ("name", plain.replace(" ", "")), ("card", text.strip())]
    # "Mary Ann Lee" stands in the index as surname and given name: a row less of each member, and they are half of what a push writes.
    words = plain.split()[:_WORDS]
    terms += [("name", " ".join(words[place:]) + " ".join(words[:place])) for place in range(1, len(words))]
    if len(plain) == 4 and plain.isdigit():
        terms.append(("phone end", plain))
    try:
        terms.append(("phone", phones.normalise(text)))
    except phones.BadPhone:
        return terms
    return terms
