"""No float holds an amount: the code that works them out has no float literal, no `float(` and no true division.

Division is allowed where a Decimal is in sight on either side, and percentages become one through their text.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tenure"
NO_MONEY = ("retries.py",)  # how long to wait before a webhook is sent again
FILES = [*(SOURCE / "domain").glob("*.py"), *(SOURCE / "actions").glob("*.py")]
MONEY = sorted(path for path in FILES if path.name not in NO_MONEY)
# A Decimal by its type, which the syntax alone does not show; everything else must say so where it divides.
DECIMALS = frozenset({"exact / unit", "quantity / transform.divide_by", "steps * Decimal(each) / whole"})


def _faults(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{node.lineno}: the float {node.value}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div) and not _exact(node):
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and _from_float(node):
            yield f"{node.lineno}: {ast.unparse(node)} takes a float's bits, not its text"


def _exact(division: ast.AST) -> bool:
    return ast.unparse(division) in DECIMALS or _is_decimal(division)


def _is_decimal(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_decimal(node.left) or _is_decimal(node.right)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        return called in ("Decimal", "_percentage") or (called == "sum" and "Decimal(0)" in ast.unparse(node))
    return False


def _from_float(call: ast.Call) -> bool:
    """Decimal(x.percent_off) and the like."""
    if ast.unparse(call.func) != "Decimal" or len(call.args) != 1:
        return False
    return isinstance(call.args[0], ast.Attribute) and call.args[0].attr in ("percent_off", "percentage")


@pytest.mark.parametrize("path", MONEY, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_amount_passes_through_a_float(path: Path):
    assert list(_faults(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "code", ["x = 0.5", "x = float(y)", "x = amount / 2", "x /= 3", "x = Decimal(coupon.percent_off)"]
)
def test_the_lint_sees(code: str):
    assert list(_faults(ast.parse(code)))
