"""What every door is given: the store, the clock, the key ring and a few values of the settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tenure.mail.send import MailServer
from tenure.store.seal import KeyRing
from tenure.store.store import Store
from tenure.web.rates import Rates
from tenure.wire.versions import CURRENT


@dataclass(frozen=True, kw_only=True)
class App:
    """The pieces that doors share; `clock` gives unix seconds, `public_url` has no slash at its end.

    `api_version` is that of requests and webhook endpoints that name none. Without a mail server no mail is sent."""

    store: Store
    clock: Callable[[], int]
    ring: KeyRing
    public_url: str
    data_dir: Path
    secure: bool
    allow_private_webhooks: bool = False
    api_version: str = CURRENT
    rates: Rates = field(default_factory=lambda: Rates(0))
    mail_server: MailServer | None = None
    mail_test_mode: bool = False
