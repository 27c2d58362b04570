"""Lists of names run as readers of each language look for them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.translation import override

from habitat_tracker.names import by_name
from tests import factories


@pytest.mark.parametrize(
    ("language", "given", "expected"),
    [
        (
            "en",
            [
                "Zambia",
                "Türkiye",
                "Cuba",
                "Côte d’Ivoire",
                "Åland Islands",
                "Tuvalu",
                "Afghanistan",
            ],
            [
                "Afghanistan",
                "Åland Islands",
                "Côte d’Ivoire",
                "Cuba",
                "Türkiye",
                "Tuvalu",
                "Zambia",
            ],
        ),
        (
            "zh-hans",
            ["中国", "斐济", "瑙鲁", "阿富汗", "肯尼亚", "法国", "挪威"],
            ["阿富汗", "法国", "斐济", "肯尼亚", "瑙鲁", "挪威", "中国"],
        ),
    ],
)
def test_names_run_by_the_alphabet_or_by_pinyin(
    language: str, given: list[str], expected: list[str]
) -> None:
    with override(language):
        assert by_name(given) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page",
    ["countries/", "countries.csv", "projects/?country=CIV", "partners/", "agreements/", "labs/"],
)
def test_pages_and_files_list_countries_by_name(client: Client, page: str) -> None:
    plan, region = factories.plan(), factories.office()
    for iso3, name in (("ABW", "Zuba"), ("CIV", "Côte d’Ivoire"), ("CUB", "Cuba"), ("ZZZ", "Aba")):
        project = factories.project(plan, f"P-{iso3}", region)
        project.countries.add(factories.country(iso3, name, region))
    client.force_login(factories.user())
    answer = client.get(f"/plans/SP/{page}")
    text = b"".join(answer).decode()  # type: ignore[call-overload]
    assert sorted(("Aba", "Côte d’Ivoire", "Cuba", "Zuba"), key=text.index) == [
        "Aba",
        "Côte d’Ivoire",
        "Cuba",
        "Zuba",
    ]
