"""Gateways move money, or say why not: the sandbox in test mode, by hand in live mode.

of(Scope("acct_1", livemode=False)).charge(charge) ──▶ Outcome("succeeded")
"""

from tenure.domain.documents import Scope
from tenure.domain.payments import Gateway
from tenure.gateways.manual import Manual
from tenure.gateways.sandbox import Sandbox

_SANDBOX: Gateway = Sandbox()
_MANUAL: Gateway = Manual()


def of(scope: Scope) -> Gateway:
    """The gateway of an account in this mode."""
    return _MANUAL if scope.livemode else _SANDBOX
