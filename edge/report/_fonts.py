"""Finding a font with Chinese on this machine: Noto CJK, else WenQuanYi, else Droid Sans Fallback.

Chinese fonts are too large to ship (20 MB); Debian has them as a package, and the PDF takes only the glyphs it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")

_SANS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
)
_SERIF = ("NotoSerifCJK-Regular.ttc", "NotoSerifCJKsc-Regular.otf", "NotoSerifSC-Regular.otf")


class FontMissing(RuntimeError):
    """Raised when no font with Chinese is installed; the message says what to install."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self.folders = folders
        super().__init__(
            f"no font with Chinese in {', '.join(map(str, folders))}: run `apt install fonts-noto-cjk`"
        )

    def __reduce__(self) -> tuple[type[FontMissing], tuple[tuple[Path, ...]]]:
        return type(self), (self.folders,)  # raised in another process (edge/aside.py)


@dataclass(frozen=True)
class Font:
    """A font file and, in a collection, which face of it."""

    path: Path
    face: int = 0


@cache
def sans() -> Font:
    """For text. Raises FontMissing."""
    found = find(_SANS, FOLDERS)
    if found is None:
        raise FontMissing(FOLDERS)
    return found


@cache
def serif() -> Font:
    """For headings; the text font where there is no serif one. Raises FontMissing."""
    return find(_SERIF, FOLDERS) or sans()


def find(names: tuple[str, ...], folders: tuple[Path, ...]) -> Font | None:
    """The first of `names` in any of the folders, with its Simplified Chinese face."""
    files = {path.name: path for folder in folders for path in folder.rglob("*.[to]t[fc]")}
    for name in names:
        if name in files:
            return Font(files[name], _face(files[name]))
    return None


def _face(path: Path) -> int:
    """In a Noto collection the faces draw some characters the Japanese, Korean or Taiwanese way: take the `SC` one."""
    if path.suffix != ".ttc":
        return 0
    from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]

    with TTCollection(str(path), lazy=True) as collection:
        names = [str(font["name"].getDebugName(1)) for font in collection.fonts]
    return next((index for index, name in enumerate(names) if name.endswith(" SC")), 0)
