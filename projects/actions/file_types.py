"""What an uploaded file is, told from its content and not from its name.

A short list of signatures is enough: only these kinds of files are kept, and what is none of them
is refused. (General libraries for this guess among hundreds of kinds, and cannot tell Office
documents, archives and text apart.)
"""

from __future__ import annotations

import zipfile
from pathlib import PurePath
from typing import IO

from django.utils.translation import gettext as _

from habitat_tracker.errors import InvalidInput

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# How the folder of macros is named in the older Office formats.
OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
HEAD = 4096
# An archive is listed and never unpacked. What unpacks to more than this, or to so many times
# its own size, is made to do harm.
MOST_ENTRIES = 10_000
MOST_UNPACKED = 2 * 1024**3
MOST_TIMES = 200

TEXT = frozenset([".txt", ".csv", ".geojson", ".kml"])
# The extensions that a kind of content may bear.
FAMILIES = {
    "PDF": frozenset([".pdf"]),
    "Office 97": frozenset([".doc", ".xls", ".ppt"]),
    "Word": frozenset([".docx"]),
    "Excel": frozenset([".xlsx"]),
    "PowerPoint": frozenset([".pptx"]),
    "OpenDocument text": frozenset([".odt"]),
    "OpenDocument spreadsheet": frozenset([".ods"]),
    "OpenDocument presentation": frozenset([".odp"]),
    "ZIP": frozenset([".zip"]),
    "RTF": frozenset([".rtf"]),
    "JPEG": frozenset([".jpg", ".jpeg"]),
    "PNG": frozenset([".png"]),
    "GIF": frozenset([".gif"]),
    "WebP": frozenset([".webp"]),
    "TIFF": frozenset([".tif", ".tiff"]),
    "HEIC": frozenset([".heic"]),
    "MP4": frozenset([".mp4"]),
    "text": TEXT,
}
FILE_TYPES = frozenset().union(*FAMILIES.values())

STARTS = (
    (b"%PDF-", "PDF"),
    (OLE, "Office 97"),
    (b"{\\rtf", "RTF"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
# Text that a browser or a system would run, whatever its file is called.
RUNS = (b"<!doctype html", b"<html", b"<script", b"<svg", b"#!", b"<?php")
OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.text": "OpenDocument text",
    b"application/vnd.oasis.opendocument.spreadsheet": "OpenDocument spreadsheet",
    b"application/vnd.oasis.opendocument.presentation": "OpenDocument presentation",
}
OFFICE = (("word/", "Word"), ("xl/", "Excel"), ("ppt/", "PowerPoint"))


def check_type(file: IO[bytes], name: str) -> str:
    """The kind of content of a file that may be kept; leaves the file at its start.

    Raises `unsupported_file_type`, `type_mismatch` where the content is not what the name says,
    `macros_not_allowed` and `suspicious_archive`, each for the field `file`.
    """
    extension = PurePath(name).suffix.lower()
    if extension not in FILE_TYPES:
        raise _refused("unsupported_file_type", _("Files of this type cannot be kept as evidence."))
    try:
        family = _family(file)
    finally:
        file.seek(0)
    if extension not in FAMILIES[family]:
        raise _refused(
            "type_mismatch",
            _("The file is called “%(extension)s”, but its content is not: it looks like %(kind)s.")
            % {"extension": extension, "kind": family},
        )
    return family


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput.of("file", code, message)


def _family(file: IO[bytes]) -> str:
    file.seek(0)
    head = file.read(HEAD)
    for start, family in STARTS:
        if head.startswith(start):
            if family == "Office 97":
                _refuse_old_macros(file)
            return family
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return "HEIC" if head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc") else "MP4"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive(file)
    if _is_text(file):
        return "text"
    raise _refused("unsupported_file_type", _("What is in this file cannot be kept as evidence."))


def _refuse_old_macros(file: IO[bytes]) -> None:
    before = b""
    file.seek(0)
    while part := file.read(1024**2):
        if OLE_MACROS in before + part:
            raise _macros()
        before = part[-len(OLE_MACROS) :]


def _macros() -> InvalidInput:
    return _refused(
        "macros_not_allowed", _("The file holds macros; save it without them and send it again.")
    )


def _archive(file: IO[bytes]) -> str:
    """What an archive is, from its list of contents alone."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            packed = max(1, sum(entry.compress_size for entry in entries))
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > MOST_ENTRIES
                or unpacked > MOST_UNPACKED
                or (unpacked > 100 * 1024**2 and unpacked > MOST_TIMES * packed)
            ):
                raise _refused(
                    "suspicious_archive",
                    _("The archive unpacks to far more than it holds; it is not kept."),
                )
            names = [entry.filename for entry in entries]
            if any(PurePath(name).name.lower() == "vbaproject.bin" for name in names):
                raise _macros()
            return _document(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refused(
            "unsupported_file_type", _("The file is damaged: it cannot be opened.")
        ) from error


def _document(archive: zipfile.ZipFile, names: list[str]) -> str:
    if "[Content_Types].xml" in names:
        for folder, family in OFFICE:
            if any(name.startswith(folder) for name in names):
                return family
    if names and names[0] == "mimetype":
        with archive.open("mimetype") as told:
            return OPEN_DOCUMENTS.get(told.read(100).strip(), "ZIP")
    return "ZIP"


def _is_text(file: IO[bytes]) -> bool:
    """Readable text that nothing would run: UTF-8, UTF-16 with its mark, or one byte a letter."""
    file.seek(0)
    head = file.read(HEAD)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(RUNS):
        return False
    while head:
        if b"\0" in head or any(byte in head for byte in (b"\x01", b"\x02", b"\x03", b"\x7f")):
            return False
        head = file.read(1024**2)
    return True


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and marks that turn text around.

    Letters of every script stay; the extension is in small letters; 150 characters at most.
    """
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(
        letter
        for letter in last
        if letter.isprintable() and letter not in _TURNING and letter not in '<>:"|?*'
    )
    kept = " ".join(kept.split()).lstrip(". ")
    path = PurePath(kept or "evidence")
    stem, extension = path.stem, path.suffix.lower()
    if stem.split(".")[0].casefold() in _RESERVED:
        stem = f"_{stem}"
    return f"{stem[: 150 - len(extension)]}{extension}"


# Marks that change the direction of what follows: a name could hide its extension with them.
_TURNING = frozenset(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
# Names that Windows takes for devices.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))]
)
