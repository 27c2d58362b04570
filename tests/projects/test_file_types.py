"""What an uploaded file is, told from its content; names made clean."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from habitat_tracker.errors import InvalidInput
from projects.actions import file_types
from projects.actions.file_types import check_type, clean_name

pytestmark = pytest.mark.once


def archive(*names: str, mimetype: str = "", size: int = 20) -> bytes:
    """A zip with these entries, and first the type of an OpenDocument if one is given."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        if mimetype:
            written.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            written.writestr(name, b"0" * size)
    return made.getvalue()


def workbook() -> bytes:
    made = io.BytesIO()
    Workbook().save(made)
    return made.getvalue()


WORD = ("[Content_Types].xml", "word/document.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODT = "application/vnd.oasis.opendocument.text"

KEPT = [
    ("a.pdf", b"%PDF-1.7\n"),
    ("a.PDF", b"%PDF-1.4\n"),
    ("a.doc", OLE + b"\0" * 600),
    ("a.docx", archive(*WORD)),
    ("a.xlsx", workbook()),
    ("a.pptx", archive("[Content_Types].xml", "ppt/presentation.xml")),
    ("a.odt", archive("content.xml", mimetype=ODT)),
    ("a.ods", archive(mimetype="application/vnd.oasis.opendocument.spreadsheet")),
    ("a.zip", archive("photo.jpg")),
    ("a.rtf", b"{\\rtf1 text}"),
    ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    ("a.jpeg", b"\xff\xd8\xff\xe1"),
    ("a.png", b"\x89PNG\r\n\x1a\n\0"),
    ("a.gif", b"GIF89a\0"),
    ("a.webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ("a.tif", b"II*\0\0"),
    ("a.heic", b"\0\0\0\x18ftypheic"),
    ("a.mp4", b"\0\0\0\x18ftypmp42"),
    ("a.txt", "Réunion à Nairobi".encode("latin-1")),
    ("a.csv", "城市,人数\n".encode()),
    ("a.csv", "a,b\n".encode("utf-16")),
    ("a.geojson", b'{"type": "FeatureCollection"}'),
    ("a.kml", b'<?xml version="1.0"?><kml></kml>'),
]


@pytest.mark.parametrize(("name", "content"), KEPT)
def test_what_is_kept(name: str, content: bytes) -> None:
    file = io.BytesIO(content)
    assert check_type(file, name) in file_types.FAMILIES
    assert file.tell() == 0


REFUSED = [
    ("a.pdf", b"MZ\x90\0" + b"\0" * 60, "unsupported_file_type"),
    ("a.txt", b"\x7fELF\x02\x01\x01\0", "unsupported_file_type"),
    ("a.txt", b"<!DOCTYPE html><script>alert(1)</script>", "unsupported_file_type"),
    ("a.kml", b"\xef\xbb\xbf  <svg onload=alert(1)>", "unsupported_file_type"),
    ("a.csv", b"#!/bin/sh\nrm -rf /", "unsupported_file_type"),
    ("a.html", b"<p>", "unsupported_file_type"),
    ("a.svg", b"<svg>", "unsupported_file_type"),
    ("a.exe", b"MZ", "unsupported_file_type"),
    ("a", b"%PDF-1.7", "unsupported_file_type"),
    ("a.docm", archive(*WORD), "unsupported_file_type"),
    ("a.pdf", b"\x89PNG\r\n\x1a\n", "type_mismatch"),
    ("a.jpg", b"%PDF-1.7", "type_mismatch"),
    ("a.docx", archive("photo.jpg"), "type_mismatch"),
    ("a.xlsx", archive(*WORD), "type_mismatch"),
    ("a.zip", archive(*WORD), "type_mismatch"),
    ("a.odt", archive("content.xml", mimetype="application/epub+zip"), "type_mismatch"),
    ("a.docx", archive(*WORD, "word/vbaProject.bin"), "macros_not_allowed"),
    ("a.zip", archive("inner/VBAPROJECT.BIN"), "macros_not_allowed"),
    ("a.xls", OLE + b"\0" * 600 + file_types.OLE_MACROS, "macros_not_allowed"),
    ("a.zip", b"PK\x03\x04 this is no archive", "unsupported_file_type"),
    ("a.docx", archive(*WORD)[:-30], "unsupported_file_type"),
]


@pytest.mark.parametrize(("name", "content", "code"), REFUSED)
def test_what_is_refused_and_why(name: str, content: bytes, code: str) -> None:
    file = io.BytesIO(content)
    with pytest.raises(InvalidInput) as error:
        check_type(file, name)
    [problem] = error.value.problems
    assert (problem.field, problem.code) == ("file", code)


def test_an_archive_that_grows_too_large_is_refused() -> None:
    bomb = archive("zeros", size=150 * 1024**2)
    with pytest.raises(InvalidInput) as error:
        check_type(io.BytesIO(bomb), "a.zip")
    [problem] = error.value.problems
    assert (problem.field, problem.code) == ("file", "suspicious_archive")


def test_macros_are_found_wherever_the_file_is_cut(monkeypatch: Any) -> None:
    for before in range(1024**2 - 30, 1024**2):
        content = OLE + b"\0" * (file_types.HEAD + before - len(OLE)) + file_types.OLE_MACROS
        with pytest.raises(InvalidInput):
            check_type(io.BytesIO(content), "a.doc")


def test_an_archive_of_too_many_entries_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(file_types, "MOST_ENTRIES", 3)
    with pytest.raises(InvalidInput) as error:
        check_type(io.BytesIO(archive("a", "b", "c", "d")), "a.zip")
    assert error.value.code == "suspicious_archive"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\Minutes.PDF", "Minutes.pdf"),
        ("تقرير.pdf", "تقرير.pdf"),
        ("报告 2021.docx", "报告 2021.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        (".htaccess.txt", "htaccess.txt"),
        ("  many   spaces .csv", "many spaces .csv"),
        ('a<b>:"c|?*.txt', "abc.txt"),
        ("con.txt", "_con.txt"),
        ("", "evidence"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_clean(name: str, clean: str) -> None:
    assert clean_name(name) == clean
