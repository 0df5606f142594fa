"""The operations' stories told by the SDK for Node: the one for Python says what it would send, and Node sends it.

    shop.api.customers.create(…) ──▶ NodeHTTP ── one line of JSON ──▶ node: stripe.customers.create(…) ──HTTP──▶ Tenure
                                 ◀──────────── what Node made of the answer ◀──

Which of Node's methods stands for an operation is read off their sources, which name verb and path.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import stripe

from tenure.wire import forms

SCRIPT = r"""
const Stripe = require("stripe");
const [key, port] = process.argv.slice(1);
const stripe = new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
const methods = [], seen = new Set();
const pattern = /_makeRequest\(\s*['"](\w+)['"],\s*[`'"](\/v1[^`'"]*)[`'"]/;
(function walk(thing) {
  seen.add(thing);
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(thing))) {
    const found = name !== "constructor" && typeof thing[name] === "function" && pattern.exec(String(thing[name]));
    if (found) methods.push([found[1], found[2].replace(/\$\{[^}]*\}/g, "{}").split("/"), thing[name].bind(thing)]);
  }
  for (const [name, each] of Object.entries(thing))
    if (!name.startsWith("_") && each && typeof each === "object" && !seen.has(each)) walk(each);
})(stripe);
const holes = (parts) => parts.filter((each) => each === "{}").length;
methods.sort((one, other) => holes(one[1]) - holes(other[1]));
async function perform({ verb, path, query, params }) {
  const parts = path.split("/");
  const fits = ([its, want]) => its === verb && want.length === parts.length
    && want.every((each, n) => each === "{}" || each === parts[n]);
  const method = methods.find(fits);
  if (!method) {
    const [address, sent] = verb === "POST" ? [path, params] : [query ? `${path}?${query}` : path, null];
    return { typed: false, status: 200, body: await stripe.rawRequest(verb, address, sent) };
  }
  const ids = parts.filter((_, n) => method[1][n] === "{}").map(decodeURIComponent);
  return { typed: true, status: 200, body: await method[2](...ids, params) };
}
const failed = (e) => {
  if (!e.statusCode) throw e;
  const { headers, statusCode, requestId, ...error } = e.raw;
  return { typed: true, status: statusCode, body: { error } };
};
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const answer = await perform(JSON.parse(line)).catch(failed).catch((e) => ({ broken: String(e.stack) }));
  console.log(JSON.stringify(answer));
});
"""


class NodeHTTP(stripe.HTTPClient):
    """Lets Node do what is asked for; `typed` are the operations that went through one of its methods."""

    name = "node"

    def __init__(self, sdk: Path, key: str, port: int) -> None:
        super().__init__()
        self.typed: list[str] = []
        self._node = subprocess.Popen(
            ["node", "-e", SCRIPT, key, str(port)],
            cwd=sdk,
            env=os.environ | {"NODE_PATH": str(sdk / "node_modules")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[str, int, dict[str, str]]:
        """One request, made by Node."""
        asked = urlsplit(url)
        params = forms.decode(post_data or asked.query)
        verb = method.upper()
        assert self._node.stdin is not None and self._node.stdout is not None
        self._node.stdin.write(
            json.dumps({"verb": verb, "path": asked.path, "query": asked.query, "params": params}) + "\n"
        )
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline())
        assert "broken" not in answer, answer["broken"]
        if answer["typed"]:
            self.typed.append(f"{verb} {asked.path}")
        return json.dumps(answer["body"]), answer["status"], {"request-id": "req_node"}

    def close(self) -> None:
        """The end of Node."""
        self._node.kill()
        self._node.communicate()
