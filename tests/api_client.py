"""How the tests call the API: with a token, as a program of an office does."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from habitat_tracker.accounts.models import User


class Api:
    """A client of the API; `path` is what stands behind `/api/v1/`."""

    def __init__(self, user: User | None = None) -> None:
        cache.clear()  # what other tests asked counts towards no limit of this one
        self.client = APIClient()
        if user is not None:
            _kept, token = AuthToken.objects.create(user=user)
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def get(self, path: str, **parameters: Any) -> Any:
        """Read; the response, its content in `.json()`."""
        return self.client.get(f"/api/v1/{path}", parameters)

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a list."""
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.content
        return list(response.json()["results"])

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Send a body of JSON."""
        return self.client.post(f"/api/v1/{path}", body or {}, format="json", headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Change something."""
        return self.client.patch(f"/api/v1/{path}", body, format="json", headers=headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """Replace something."""
        return self.client.put(f"/api/v1/{path}", body, format="json", headers=headers)

    def post_text(self, path: str, text: str) -> Any:
        """Send a body as it is written, which may not be JSON."""
        return self.client.post(f"/api/v1/{path}", text, content_type="application/json")

    def upload(self, path: str, **form: Any) -> Any:
        """Send a form with a file."""
        return self.client.post(f"/api/v1/{path}", form, format="multipart")

    def queries(self, path: str, **parameters: Any) -> int:
        """How many queries a request makes."""
        with CaptureQueriesContext(connection) as captured:
            assert self.get(path, **parameters).status_code == 200
        return len(captured)


def refused(response: Any) -> tuple[int, str]:
    """Status and code of a refusal; its body has the one shape."""
    body = response.json()
    assert {"code", "message", "problems"} <= body.keys(), body
    assert body["message"]
    return response.status_code, body["code"]


def problems(response: Any) -> set[tuple[str, str]]:
    """Field and code of each problem of a refusal."""
    return {(one["field"], one["code"]) for one in response.json()["problems"]}
