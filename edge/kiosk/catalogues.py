"""The translators' catalogues: what texts the pages use, which lack a translation, and compiling them.

    python -m edge.kiosk.catalogues             adds new texts to the .po files, drops unused ones, names what is missing
    python -m edge.kiosk.catalogues --compile   compiles what is stale, and nothing else: for set-up

Set-up compiles; starting the kiosk compiles what is stale, so that a developer never sees an old text.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
LOCALE = "zh_Hans"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"silent": "false"}, "templates/**.html": {"silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}
"""`N_` marks a text that is translated where it is shown."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


def folders() -> list[Path]:
    """The folders that have a catalogue of their own: the kiosk itself, and its page families."""
    return [HERE, *(path.parent for path in sorted(HERE.glob("*/routes.py")))]


def po_file(folder: Path) -> Path:
    return folder / "translations" / LOCALE / "LC_MESSAGES" / "messages.po"


def texts(folder: Path) -> Catalog:
    """The texts that a folder uses, without those of the page families below it."""
    below = [path.name for path in folders() if path.parent == folder]
    catalogue = Catalog()
    found = extract_from_dir(
        folder,
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=KEYWORDS,
        directory_filter=lambda path: Path(path).name not in {*below, "static", "translations"},
    )
    for filename, _line, message, _comments, context in found:
        catalogue.add(message, locations=[(filename, 1)], context=context)
    return catalogue


def read(folder: Path) -> Catalog:
    path = po_file(folder)
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def missing(folder: Path) -> list[str]:
    """Texts of a folder without a Chinese translation in its own catalogue or the kiosk's."""
    known = {
        _key(message.id) for place in {folder, HERE} for message in read(place) if _translated(message.string)
    }
    return sorted(
        _key(message.id) for message in texts(folder) if message.id and _key(message.id) not in known
    )


def update(folder: Path) -> None:
    """Bring a folder's .po file up to date with its texts. Texts that the kiosk's own catalogue has are not repeated."""
    catalogue = read(folder)
    template = texts(folder)
    if folder != HERE:
        shared = {_key(message.id) for message in read(HERE) if _translated(message.string)}
        for identity in [message.id for message in template if message.id and _key(message.id) in shared]:
            template.delete(identity)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path = po_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, no_location=True, omit_header=True, width=110)


def compile_stale(translations: Path) -> None:
    """Compile each .po below this folder that is newer than its .mo."""
    for po in translations.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as file:
            catalogue = read_po(file, locale=LOCALE)
        try:
            _write(mo, catalogue)
        except OSError as error:  # an installed copy may be read-only: set-up compiled it
            logger.warning("%s could not be compiled: %s", mo, error)


def _write(mo: Path, catalogue: Catalog) -> None:
    """In one step: several processes may start at once."""
    fresh = mo.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        write_mo(file, catalogue)
    fresh.replace(mo)


def _key(identity: str | list[str] | tuple[str, ...]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def _translated(text: str | list[str] | tuple[str, ...] | None) -> bool:
    return bool(text) if isinstance(text, str) or text is None else all(text)


def _lacking() -> Iterator[str]:
    for folder in folders():
        for text in missing(folder):
            yield f"{folder.name}: {text}"


def main(arguments: list[str]) -> int:
    for folder in folders():
        if "--compile" not in arguments:
            update(folder)
        compile_stale(folder / "translations")
    lacking = list(_lacking())
    print("\n".join(lacking) or "every text has its translation")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
