"""The API as a program calls it, and what a page says of the same."""

import json
from typing import Any

from core.resource import Resource
from tests.contract.samples import sample_of

PROBLEM = "application/problem+json"


class Api:
    """`Api(person.browser)`: bodies are JSON, answers too."""

    def __init__(self, browser):
        self.browser = browser

    def get(self, url: str, **params: Any):
        return self.browser.get(url, params)

    def send(self, method: str, url: str, body: Any = None, **headers: str):
        return self.browser.generic(method, url, json.dumps(body), content_type="application/json", headers=headers)

    def post(self, url: str, body: Any, **headers: str):
        return self.send("POST", url, body, **headers)

    def patch(self, url: str, body: Any, **headers: str):
        return self.send("PATCH", url, body, **headers)

    def put(self, url: str, body: Any, **headers: str):
        return self.send("PUT", url, body, **headers)

    def delete(self, url: str, **headers: str):
        return self.browser.delete(url, headers=headers)

    def every(self, url: str, **params: Any) -> list[dict]:
        """All the rows of a list, page by page."""
        answer, found = self.get(url, **params), []
        while True:
            assert answer.status_code == 200, answer.content
            told = answer.json()
            found += told["results"]
            if not told["next"]:
                return found
            answer = self.browser.get(told["next"])


def rows_url(resource: type[Resource]) -> str:
    return f"/api{resource.list_url}"


def row_url(resource: type[Resource], pk: int) -> str:
    return f"{rows_url(resource)}{pk}/"


def body_of(resource: type[Resource]) -> dict[str, Any]:
    """What creates a row."""
    return dict(sample_of(resource).form)


def problem(answer, status: int) -> dict:
    """The problem that an answer tells; fails when it is anything else."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer.headers["Content-Type"] == PROBLEM
    told = answer.json()
    assert told["status"] == status and told["title"] and told["detail"] and told["type"].startswith("/api/docs#")
    return told


def faults(answer, status: int) -> dict[str, str]:
    """{field or parameter: code} of a problem."""
    return {one.get("field") or one.get("parameter") or "": one["code"] for one in problem(answer, status)["errors"]}
