"""Texts in other languages: complete, up to date with the code, and shown."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation import trans_real
from django.utils.translation.template import templatize

from tests import factories

ROOT = Path(__file__).parent.parent
CODE = ["habitat_tracker", "plans", "outcomes", "projects", "reporting"]
FUNCTIONS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}|<[^>]+>")

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain="django", abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


# A text with the context that tells it from others of the same words; mostly none.
Text = tuple[str, str]


def text_of(message: Message) -> Text:
    """A text of a catalogue: the singular where there are two."""
    return forms(message.id)[0], message.context or ""


def asked(source: str) -> Iterator[tuple[Text, bool]]:
    """What a piece of Python asks to have translated, and whether in singular and plural."""
    found = extract("python", io.BytesIO(source.encode()), FUNCTIONS, options={"encoding": "utf-8"})
    for _line, message, _comments, context in found:
        yield (forms(message)[0], context or ""), len(forms(message)) > 1


def texts_of(source: str) -> set[Text]:
    """What a piece of Python asks to have translated."""
    return {text for text, _has_plural in asked(source)}


def sources() -> Iterator[str]:
    """The code, and the templates as code."""
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            yield path.read_text()
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]:
        # Django turns a template into calls of gettext; its indentation is not Python's.
        lines = templatize(path.read_text()).splitlines()
        yield "\n".join(line.strip() for line in lines)


def texts_in_code() -> set[Text]:
    """Every text that the code and the templates ask to have translated."""
    return {text for source in sources() for text in texts_of(source)}


def test_a_template_s_texts_are_found() -> None:
    template = (
        "{% translate 'One' %}\n  {{ day|date:_('Two') }}"
        "{% blocktranslate count n=n %}{{ n }} cat{% plural %}{{ n }} cats{% endblocktranslate %}"
        "{% translate 'May' context 'month' %}"
    )
    assert texts_of(templatize(template)) == {
        *(("One", ""), ("Two", ""), ("%(n)s cat", "")),
        ("May", "month"),
    }


def test_the_same_words_in_another_context_are_another_text() -> None:
    source = "_('Share')\npgettext_lazy('of a risk', 'Share')\nnpgettext_lazy('x', 'A', 'B', n)"
    assert texts_of(source) == {("Share", ""), ("Share", "of a risk"), ("A", "x")}


def test_a_text_has_a_plural_everywhere_or_nowhere() -> None:
    """GNU gettext takes no text that is asked for both ways."""
    plurals: dict[Text, set[bool]] = {}
    for source in sources():
        for text, has_plural in asked(source):
            plurals.setdefault(text, set()).add(has_plural)
    assert [text for text, ways in plurals.items() if len(ways) > 1] == []


def test_there_is_a_catalogue_for_every_language(settings) -> None:
    offered = {code for code, _ in settings.LANGUAGES} - {"en"}
    assert {path.parts[-3].lower().replace("_", "-") for path in CATALOGUES} == offered


@each_catalogue
def test_every_text_is_translated(path: Path) -> None:
    catalogue = read(path)
    assert not catalogue.fuzzy
    assert [m.id for m in messages(catalogue) if m.fuzzy] == []
    assert [m.id for m in messages(catalogue) if not all(forms(m.string))] == []
    wanted = catalogue.num_plurals
    assert [
        m.id for m in messages(catalogue) if m.pluralizable and len(forms(m.string)) != wanted
    ] == []


@each_catalogue
def test_placeholders_are_kept(path: Path) -> None:
    wrong = [
        (m.id, text)
        for m in messages(read(path))
        for text in forms(m.string)
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(forms(m.id)[-1]))
    ]
    assert wrong == []


def test_code_calls_gettext_by_names_that_are_extracted() -> None:
    """`import gettext_lazy as _l` would hide its texts from makemessages."""
    other = re.compile(r"^from django\.utils\.translation import .*\bas (?!_$).*$", re.MULTILINE)
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    assert [line for path in files for line in other.findall(path.read_text())] == []


@each_catalogue
def test_catalogue_is_up_to_date(path: Path) -> None:
    catalogue = read(path)
    written = {text_of(m) for m in messages(catalogue)}
    wanted = texts_in_code()
    assert len(wanted) > 800
    # `manage.py makemessages -l zh_Hans --no-location --no-wrap -i .venv -i var -i tests`
    # brings both in line; it needs GNU gettext.
    assert sorted(wanted - written) == []
    assert sorted(written - wanted) == []
    assert list(catalogue.obsolete) == []


@pytest.fixture
def compiled(tmp_path: Path, settings) -> Iterator[None]:
    """The texts compiled afresh, whatever lies beside the catalogues."""

    def forget() -> None:
        trans_real._translations = {}
        trans_real._default = None

    for path in CATALOGUES:
        target = tmp_path / path.relative_to(ROOT / "locale").with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with target.open("wb") as file:
            write_mo(file, read(path))
    settings.LOCALE_PATHS = [tmp_path]
    forget()
    yield
    forget()


def test_sign_in_is_shown_in_chinese(client: Client, db: None, compiled: None) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": "zh-hans"}).content.decode()
    assert '<html lang="zh-hans" dir="ltr">' in page
    assert "请使用您账户的电子邮件地址。" in page
    assert "<title>登录 " in page


def test_the_plan_is_shown_in_chinese(client: Client, db: None, compiled: None) -> None:
    plan = factories.plan()
    plan.short_title = {"en": "Strategic plan 2020-2023", "zh": "2020-2023 年战略计划"}
    plan.save()
    outcome = factories.outcome(plan)
    outcome.title |= {"zh": "增加并确保平等享有基本服务、可持续出行和公共空间"}
    outcome.save()
    factories.indicator(outcome)
    client.force_login(factories.user("A Reader"))
    page = client.get(f"/plans/{plan.code}/", headers={"accept-language": "zh-hans"})
    text = page.content.decode()
    assert '<html lang="zh-hans" dir="ltr">' in text
    assert "<h1>2020-2023 年战略计划</h1>" in text
    assert "增加并确保平等享有基本服务、可持续出行和公共空间" in text
    assert "计划期间为2020年1月1日至2023年12月31日。" in text
    assert "未设目标" in text or "无数据" in text
