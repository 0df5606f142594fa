"""One frozen record of settings, read once: defaults, `tenure.toml` in the data folder, TENURE_… variables.

TENURE_PUBLIC_URL=https://billing.example.com   public_url = "https://billing.example.com"
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec


class SettingsError(Exception):
    """A setting has a wrong name or value; the message says which and where."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting; docs/operate.md explains each one."""

    allow_private_webhooks: bool = False
    api_version: str | None = None
    data_dir: Path = Path("var")
    database: str | None = None
    host: str = "127.0.0.1"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    mail_from: str | None = None
    mail_test_mode: bool = False
    metrics: bool = False
    port: int = 8080
    public_url: str | None = None
    rate_limit: Annotated[int, msgspec.Meta(ge=0)] = 100
    secret_key: str | None = None
    smtp_host: str | None = None
    smtp_password: str | None = None
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    workers: bool = True

    @property
    def store_url(self) -> str:
        """Where the documents are: PostgreSQL where it is named, else the SQLite file in the data folder."""
        return self.database or f"sqlite:///{(self.data_dir / 'tenure.db').resolve()}"

    @property
    def base_url(self) -> str:
        """How customers reach this server, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def read_settings(data_dir: Path, **given: Any) -> Settings:
    """The settings of a data folder; what the command line gave wins. Raises SettingsError."""
    values: dict[str, Any] = {"data_dir": str(data_dir)}
    path = data_dir / "tenure.toml"
    if path.is_file():
        try:
            values |= tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path} is not valid TOML: {error}") from error
    for name in Settings.__struct_fields__:
        text = os.environ.get(f"TENURE_{name.upper()}")
        if text is not None:
            values[name] = text
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=lambda cls, value: cls(value))
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting is wrong: {error}") from error
