"""The set-up script: what it finds, what it does not do twice."""

import importlib
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def steps(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    module = importlib.import_module("setup_steps")
    monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps.json")
    return module


def test_a_stamp_survives_the_next_one(steps):
    steps._stamp("npm", "a")
    steps._stamp("base", "b")
    assert steps._stamps() == {"npm": "a", "base": "b"}


def test_a_broken_stamp_file_counts_as_none(steps):
    steps.STAMPS.write_text("{")
    assert steps._stamps() == {}


def test_the_hash_follows_the_contents(steps, tmp_path):
    file = tmp_path / "requirements.txt"
    missing = steps._hash(file)
    file.write_text("a==1")
    first = steps._hash(file)
    file.write_text("a==2")
    assert len({missing, first, steps._hash(file)}) == 3


def test_nothing_is_installed_twice(steps, monkeypatch):
    setup = steps.Setup()
    monkeypatch.setattr(setup, "_virtual_environment", lambda: None)
    installed = []
    monkeypatch.setattr(setup, "_install", installed.append)
    setup.python("dev")
    setup.python("dev")
    setup.python("base")  # contained in dev
    assert installed == ["dev"]


def test_an_old_or_broken_node_is_not_used(steps, tmp_path):
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.20.1\n")
    node.chmod(0o755)
    assert steps._node_version(str(node)) == 18
    assert steps._node_version(str(tmp_path / "absent")) == 0


def test_a_home_that_cannot_be_written_is_replaced(steps, monkeypatch, tmp_path):
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setenv("HOME", "/nonexistent")
    assert steps._environment()["HOME"] == str(tmp_path / "build" / "home")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert steps._environment()["HOME"] == str(tmp_path)


def test_a_failed_command_shows_the_end_of_its_output(steps):
    command = [sys.executable, "-c", "print('la raison'); raise SystemExit(4)"]
    with pytest.raises(steps.SetupError, match=r"code 4(.|\n)*la raison"):
        steps.Setup().run(*command, quiet=True)


def test_requirements_are_hashed_and_name_no_index():
    for file in (REPOSITORY / "requirements").glob("*.txt"):
        text = file.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_modules_are_compiled_once_and_apart_from_the_sources(steps, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = steps._environment()
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PYTHONPYCACHEPREFIX"] == str(steps.ROOT / "build" / "pycache")
