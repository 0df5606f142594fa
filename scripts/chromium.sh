#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, installing one where there is none.
#
#   scripts/chromium.sh .venv/bin/python
#
# In this order: $TENURE_TEST_CHROMIUM, one on the PATH, Playwright's own if it is there, Debian's package (as root), Playwright's download.
set -euo pipefail
python=${1:-python3}

on_path() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        command -v $name && return
    done
    name="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    [ -x "$name" ] && echo "$name"
}

playwrights() {
    local path
    path=$("$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)') && [ -x "$path" ] && echo "$path"
}

debians() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "No Chromium found: installing Debian's package …" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >&2 </dev/null && on_path
}

downloaded() {
    echo "No Chromium found: Playwright downloads its own …" >&2
    "$python" -m playwright install chromium >&2 && playwrights
}

if [ -n "${TENURE_TEST_CHROMIUM:-}" ]; then
    echo "$TENURE_TEST_CHROMIUM"
else
    on_path || playwrights || debians || downloaded || {
        echo "No Chromium could be installed; set TENURE_TEST_CHROMIUM to the path of one." >&2
        exit 1
    }
fi
