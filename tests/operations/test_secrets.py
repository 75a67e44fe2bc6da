"""Secrets of production: from the environment or a file; missing, short or known ones stop the start."""

import secrets as tokens

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.secrets import secret, setting

GOOD = "9vQ2xLr7Tn4WbYk8Zf3Hc6Jd5Gm1Ps0RaEuXiOoKq-_BdFhVtNw"


@pytest.fixture(autouse=True)
def nothing(monkeypatch):
    for name in ("SECRET_KEY", "SECRET_KEY_FILE", "CREDENTIALS_DIRECTORY", "DATABASE_URL", "DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_secret_comes_from_the_environment_a_file_or_systemd(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", GOOD)
    assert secret("SECRET_KEY") == GOOD
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "SECRET_KEY").write_text(f"{GOOD}\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "SECRET_KEY"))
    assert secret("SECRET_KEY") == GOOD
    monkeypatch.delenv("SECRET_KEY_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret("SECRET_KEY") == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "", "short", GOOD[:49], "a" * 60, "ab" * 30, "change-me-" + GOOD, "django-insecure-" + GOOD, "secret" + GOOD,
        "tests-only-not-a-secret" + GOOD, "example" + GOOD,
    ],
)  # fmt: skip
def test_a_secret_that_is_missing_short_or_known_is_refused(monkeypatch, text):
    monkeypatch.setenv("SECRET_KEY", text)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY") as refused:
        secret("SECRET_KEY")
    assert not text or text not in str(refused.value)


def test_two_places_or_an_unreadable_file_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", GOOD)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="tous deux"):
        secret("SECRET_KEY")
    monkeypatch.delenv("SECRET_KEY")
    with pytest.raises(ImproperlyConfigured, match="ne se lit pas"):
        secret("SECRET_KEY")


@pytest.mark.parametrize(
    "address",
    [
        "postgres://myb2o:myb2o@127.0.0.1/myb2o", "postgres://myb2o:postgres@db.example.net/myb2o",
        "postgres://myb2o:short@127.0.0.1/myb2o", "postgres://myb2o@db.example.net/myb2o",
        "redis://cache.example.net:6379/0",
    ],
)  # fmt: skip
def test_a_server_with_a_weak_password_or_far_away_without_one_is_refused(monkeypatch, address):
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(ImproperlyConfigured) as refused:
        setting("DATABASE_URL")
    assert "short" not in str(refused.value).replace("trop court", "")


@pytest.mark.parametrize(
    "address",
    [
        f"postgres://b2o:{tokens.token_urlsafe(24)}@db.example.net/b2o", "postgres://b2o@/%2Frun%2Fpostgresql/b2o",
        "redis://redis:6379/0", "redis://127.0.0.1/0", "unix:///run/redis.sock",
    ],
)  # fmt: skip
def test_a_good_password_or_a_server_of_this_machine_is_taken(monkeypatch, address):
    monkeypatch.setenv("DATABASE_URL", address)
    assert setting("DATABASE_URL") == address
