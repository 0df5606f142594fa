"""What ARCHITECTURE.md promises of the code, held by the machine."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "tenure"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

FILE_LINES = 400
FUNCTION_LINES = 40
# Files that are one long table; each with its reason.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "base", "service", "services", "common", "misc"}
# Where every error is caught: each logs it, or hands it to whoever waits.
LAST_HANDLERS = (
    "src/tenure/api/handler.py",
    "src/tenure/app.py",
    "src/tenure/dashboard/view.py",
    "src/tenure/hosted/door.py",
    "src/tenure/portal/door.py",
    "src/tenure/store/committer.py",
    "src/tenure/worker/",
)
DOORS = ("api", "hosted", "portal", "dashboard", "worker")
# Modules that a package on our list is imported as, where that is not the package's own name.
IMPORT_NAMES = {
    "argon2-cffi": "argon2",
    "email-validator": "email_validator",
    "prometheus-client": "prometheus_client",
    "psycopg": "psycopg",
    "python-stdnum": "stdnum",
}
# Found and loaded by uvicorn, never by us.
NEVER_IMPORTED = {"uvloop", "httptools"}
# Imported under a name of their own, and part of a package that is on our list.
EXTRAS = {"psycopg_pool": "psycopg", "markupsafe": "jinja2"}


def sources() -> list[Path]:
    found = sorted(SRC.rglob("*.py"))
    assert len(found) > 10
    return found


def templates() -> list[Path]:
    return sorted(path for path in SRC.rglob("*.html"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@cache
def tracked() -> list[Path]:
    """Every file that git keeps or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, dotted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno}: imports are absolute"
            yield node.module or ""


def test_imports_point_inward():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("door", DOORS)
def test_every_door_exists(door: str):
    """A layer that is missing would make the contract above empty."""
    assert (SRC / door / "__init__.py").is_file()


def test_a_file_fits_in_a_head():
    long = {relative(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES and name not in LONGER_FILES} == {}


def test_a_function_fits_on_a_screen():
    long = {
        f"{relative(path)}:{node.name}": lines
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONGER_FUNCTIONS} == {}


def test_the_exceptions_are_still_needed():
    for name in LONGER_FILES:
        assert len((ROOT / name).read_text().splitlines()) > FILE_LINES, f"{name} fits by now"


def test_folders_are_at_most_three_deep():
    assert [relative(path) for path in sources() if len(path.relative_to(SRC).parts) > 4] == []


def test_files_and_classes_have_names_that_say_something():
    files = [relative(path) for path in sources() if set(path.stem.split("_")) & VAGUE]
    folders = [relative(path) for path in SRC.rglob("*") if path.is_dir() and path.name in VAGUE]
    classes = [
        f"{relative(path)}:{node.name}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Utils?|Helpers?|Manager|Base|Service)$", node.name)
    ]
    assert files + folders + classes == []


def test_every_module_says_what_it_is_for():
    assert [relative(path) for path in sources() if not ast.get_docstring(tree(path))] == []


def test_the_rules_need_the_standard_library_and_msgspec_only():
    allowed = set(sys.stdlib_module_names) | {"tenure", "msgspec"}
    for path in sorted((SRC / "domain").rglob("*.py")):
        assert {name.split(".")[0] for name in imported(path)} <= allowed, relative(path)


def test_the_rules_read_no_clock_and_roll_no_dice():
    calls = re.compile(r"\b(datetime\.now|utcnow|date\.today|time\.time|uuid4|token_hex|token_urlsafe|urandom)\(")
    for path in sorted((SRC / "domain").rglob("*.py")):
        if path.name != "ids.py":
            assert not calls.search(path.read_text()), relative(path)


def test_imports_stand_at_the_top():
    local = [
        f"{relative(path)}:{inner.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert local == []


def test_only_last_handlers_catch_all_there_is():
    """A bug crashes the request or the job that has it, where one handler logs it; nobody else may hide it.

    A handler that ends in a bare `raise` hides nothing.
    """
    hiding = {
        relative(path)
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node)
    }
    assert {name for name in hiding if not name.startswith(LAST_HANDLERS)} == set()


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise)


# Dependencies


def declared() -> dict[str, str]:
    """Direct dependencies by name."""
    requirements = PROJECT["project"]["dependencies"]
    return {re.split(r"[\[<>=;~! ]", each, maxsplit=1)[0]: each for each in requirements}


def reasons() -> list[str]:
    block = (ROOT / "pyproject.toml").read_text().split("\ndependencies = [\n")[1].split("\n]\n")[0].splitlines()
    assert block[0].strip().startswith("#")
    for above, line in zip(block, block[1:], strict=False):
        assert line.strip().startswith("#") or above.strip().startswith("#"), f"{line.strip()} has no reason above it"
    return [line for line in block if line.strip().startswith("#")]


def test_dependencies_are_few_and_each_has_a_reason():
    assert 10 < len(reasons()) <= 20


def test_what_is_imported_is_declared_and_the_other_way_round():
    own = set(sys.stdlib_module_names) | {"tenure"}
    used = {name.split(".")[0] for path in sources() for name in imported(path)} - own
    used = {EXTRAS.get(name, name) for name in used}
    promised = {IMPORT_NAMES.get(name, name) for name in declared() if name not in NEVER_IMPORTED}
    assert used == promised


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_a_lock_has_hashes_and_no_address(lock: str):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", re.sub(r"^\s*--hash=sha256:[0-9a-f]{64}( \\)?$", "", text, flags=re.M), re.M)
    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.M | re.I)[1:]
    assert len(pins) > (0 if lock.startswith("requirements-sdk-") else 5)
    for pin in pins:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+ ", pin), pin.splitlines()[0]
        assert "--hash=sha256:" in pin, pin.splitlines()[0]


def test_the_runtime_lock_holds_every_dependency_and_agrees_with_the_other():
    runtime, development = (
        set(re.findall(r"^[a-z0-9._-]+==[^ ]+", (ROOT / name).read_text(), re.M))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= development
    assert set(declared()) <= {pin.split("==")[0] for pin in runtime}


# Nothing that only some machines have

REGISTRIES = [
    f"{name}.{top}" for name, top in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))
]


def test_no_file_names_a_package_registry():
    for path in tracked():
        content = path.read_bytes().decode("utf-8", "ignore")
        assert not [host for host in REGISTRIES if host in content], relative(path)


def test_no_file_names_a_folder_of_one_machine():
    private = re.compile(r"(?<![\w.])/(?:work|root|home)/[a-z]")
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".sh", ".html", ".sql", ".js", ".css") or path.name == "Makefile":
            found = private.search(path.read_text())
            assert not found, f"{relative(path)} names {found and found[0]}…"


# Pages

# Mail programs know no stylesheets of ours: what a mail looks like has to stand in it.
MAILS = frozenset((SRC / "mail" / "templates").glob("*.html"))


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("switches escaping off", r"\|\s*safe\b|\bautoescape\s+false|\bMarkup\("),
        ("has an inline script", r"<script(?![^>]*\bsrc=)[^>]*>"),
        ("has an inline style", r"<style\b|\sstyle\s*="),
        ("has an inline handler", r"\son[a-z]+\s*="),
        ("loads from another host", r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//"),
        ("links to a script", r"href\s*=\s*[\"']javascript:"),
    ],
)
def test_no_template(what: str, pattern: str):
    assert len(templates()) > 5
    looked_at = [path for path in templates() if what != "has an inline style" or path not in MAILS]
    wrong = [relative(path) for path in looked_at if re.search(pattern, path.read_text(), re.I)]
    assert wrong == [], f"{wrong} {what}"


def test_every_form_that_changes_something_posts_here():
    """Cross-site posts are refused by their origin; a form to elsewhere would give that up."""
    for path in templates():
        for form in re.findall(r"<form\b[^>]*>", path.read_text()):
            assert not re.search(r"action\s*=\s*[\"'](?:https?:)?//", form), f"{relative(path)}: {form}"


def test_style_sheets_and_scripts_stay_here():
    for path in [*SRC.rglob("*.css"), *SRC.rglob("*.js")]:
        text = path.read_text()
        assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", text), relative(path)
        assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=", text), relative(path)
