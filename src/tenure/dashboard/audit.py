"""One line in the account's log for what a person does in the dashboard, written in the same transaction.

2026-11-22 11:42   ada@halyard.example   subscription.cancel   sub_…   at_period_end
"""

from tenure.dashboard.visit import Visit
from tenure.store import audit_log
from tenure.store.tx import SystemTx


def note(tx: SystemTx, visit: Visit, action: str, object_id: str, *, detail: str = "") -> None:
    """Write down who did what to which object."""
    audit_log.write(
        tx,
        audit_log.Entry(
            account=visit.scope.account,
            livemode=visit.scope.livemode,
            at=tx.now,
            actor=visit.person.email,
            action=action,
            object_id=object_id,
            detail=detail or None,
        ),
    )
