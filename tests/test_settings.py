"""Settings come from defaults, a file, the environment and the command line, in this order."""

from pathlib import Path

import pytest

from tenure.app import default_version
from tenure.settings import SettingsError, read_settings


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tenure.toml").write_text('port = 1\nhost = "file"\nlog_level = "debug"\n')
    monkeypatch.setenv("TENURE_PORT", "2")
    monkeypatch.setenv("TENURE_HOST", "environment")
    settings = read_settings(tmp_path, port=3)
    assert (settings.port, settings.host, settings.log_level) == (3, "environment", "debug")


def test_a_wrong_name_or_value_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tenure.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot"):
        read_settings(tmp_path)
    (tmp_path / "tenure.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_settings(tmp_path)
    (tmp_path / "tenure.toml").unlink()
    monkeypatch.setenv("TENURE_PORT", "many")
    with pytest.raises(SettingsError, match="port"):
        read_settings(tmp_path)


def test_flags_are_read_from_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_ALLOW_PRIVATE_WEBHOOKS", "true")
    monkeypatch.setenv("TENURE_METRICS", "false")
    settings = read_settings(tmp_path)
    assert settings.allow_private_webhooks and not settings.metrics


def test_the_version_of_those_who_name_none_must_be_one_that_is_spoken(tmp_path: Path) -> None:
    assert default_version(read_settings(tmp_path)) == "2026-10-28.endive"
    assert default_version(read_settings(tmp_path, api_version="2025-03-31.basil")) == "2025-03-31.basil"
    with pytest.raises(SettingsError, match="api_version: Invalid Stripe API version: 2015"):
        default_version(read_settings(tmp_path, api_version="2015"))


def test_the_database_is_a_file_in_the_data_folder_unless_one_is_named(tmp_path: Path) -> None:
    assert read_settings(tmp_path).store_url == f"sqlite:///{tmp_path / 'tenure.db'}"
    assert read_settings(tmp_path, database="postgresql://x/y").store_url == "postgresql://x/y"
