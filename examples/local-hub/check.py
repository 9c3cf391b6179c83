"""Walks the main job without a browser: log in, spawn, run the notebook, share a file, be refused.

Everything goes through the doors that a person uses: the login form, the hub's interface, the user's own server, the
kernel's messages, and the service.
"""

import http.cookiejar
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SECONDS_TO_SPAWN = 120
SECONDS_FOR_A_CELL = 300
NOTEBOOK = "signal-and-background.ipynb"


def walk(address, password):
    step = Steps()
    people = {name: Person(address, name, password) for name in ("alice", "bob", "carol")}
    step.done("alice, bob and carol log in")
    alice, bob, carol = people.values()
    with ThreadPoolExecutor() as pool:
        list(pool.map(Person.spawn, people.values()))
    step.done("their servers start")

    with alice.kernel() as kernel:
        run_notebook(alice, kernel)
        step.done(f"alice runs {NOTEBOOK}: reads ROOT, draws, trains, predicts")
        kernel.run("%put data/signal.root shared://higgs/check/signal.root")
        kernel.run("%put higgs.mlaas4hep shared://higgs/check/higgs.mlaas4hep")
        step.done("alice writes into the workspace of the group")
        made = alice.bytes("user/alice/files/data/signal.root")
    sent = bob.bytes("services/mlaas4hep/files/higgs/check/signal.root")
    expect(sent == made and made[:4] == b"root", "bob gets what alice wrote")
    page = bob.bytes("services/mlaas4hep/w/higgs/file/check/signal.root").decode()
    expect("Events" in page, "bob sees the tree in the browser")
    with bob.kernel() as kernel:
        expect("Events" in kernel.run("%open shared://higgs/check/signal.root").text, "bob opens the file")
        expect("<svg" in kernel.run("%hist MET_pt").html, "bob draws from it")
        kernel.run("%load shared://higgs/check/higgs.mlaas4hep")
    step.done("bob reads what alice wrote, draws it, loads her model")
    with alice.kernel() as kernel:
        link = next(word for word in kernel.run("%share shared://higgs/check/signal.root --days 1").text.split() if "/links/" in word)
    with urllib.request.urlopen(link, timeout=60) as answer:
        expect(answer.read() == made, "anybody reads by the link that alice made")
    step.done("alice, who administers the workspace, makes a link for anybody")
    with carol.kernel() as kernel:
        refused = kernel.run("%open shared://higgs/check/signal.root", may_fail=True)
        expect(refused.error is not None, "carol is refused")
        expect("Events" not in refused.text, "carol sees nothing of the file")
    status = carol.status("services/mlaas4hep/files/higgs/check/signal.root")
    missing = carol.status("services/mlaas4hep/files/no-such-group/check/signal.root")
    expect(status == missing == 404, f"carol is told {status}, and {missing} for a group that is not there")
    step.done("carol is refused")
    for person in people.values():
        person.stop()
    step.done("their servers stop")
    print("check passed", flush=True)


class Steps:
    """Says each step when it is done, with its seconds."""

    def __init__(self):
        self.before = time.monotonic()

    def done(self, what):
        now = time.monotonic()
        print(f"{now - self.before:6.1f} s  {what}", flush=True)
        self.before = now


def expect(true, what):
    if not true:
        sys.exit(f"check failed: not so: {what}")


def run_notebook(person, kernel):
    notebook = person.request(f"user/{person.name}/api/contents/{NOTEBOOK}")["content"]
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    output = [kernel.run(cell) for cell in cells]
    text, html = "\n".join(one.text for one in output), "\n".join(one.html for one in output)
    for word, what in (("epoch", "it trains"), ("AUC", "it reports"), ("score", "it predicts")):
        expect(word.lower() in (text + html).lower(), what)
    expect(html.count("<svg") >= 3, "it draws")


class Person:
    """Somebody with a browser: cookies, and the token that the hub gives for the programs of its user."""

    def __init__(self, address, name, password):
        self.address, self.name = address, name
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.open(address + "hub/login", timeout=60).read()
        form = urllib.parse.urlencode({"username": name, "password": password, "_xsrf": self.xsrf()}).encode()
        with self.opener.open(address + "hub/login?next=/hub/home", form, timeout=60) as answer:
            expect("/hub/home" in answer.url, f"{name} is logged in")
        body = json.dumps({"note": "scripts/start --check", "expires_in": 3600}).encode()
        request = urllib.request.Request(address + f"hub/api/users/{name}/tokens", body, method="POST")
        request.add_header("X-XSRFToken", self.xsrf())
        request.add_header("Content-Type", "application/json")
        request.add_header("Referer", address + "hub/token")
        with self.opener.open(request, timeout=60) as answer:
            self.token = json.load(answer)["token"]

    def xsrf(self):
        """The newest token against cross-site requests that the hub gave."""
        found = [one.value for one in self.cookies if one.name == "_xsrf"]
        expect(found, "the hub gives a cookie named _xsrf")
        return found[-1]

    def send(self, path, body=None, method="GET"):
        """The answer to a request with the token."""
        request = urllib.request.Request(self.address + path, body, method=method)
        request.add_header("Authorization", f"token {self.token}")
        return urllib.request.urlopen(request, timeout=120)

    def request(self, path, body=None, method="GET"):
        """JSON in, JSON out."""
        with self.send(path, None if body is None else json.dumps(body).encode(), method) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def bytes(self, path):
        with self.send(path) as answer:
            return answer.read()

    def status(self, path):
        """The status that a request is answered with."""
        try:
            with self.send(path) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def spawn(self):
        self.request(f"hub/api/users/{self.name}/server", {}, "POST")
        end = time.monotonic() + SECONDS_TO_SPAWN
        while not self.request(f"hub/api/users/{self.name}").get("server"):
            expect(time.monotonic() < end, f"the server of {self.name} starts within {SECONDS_TO_SPAWN} s")
            time.sleep(0.2)

    def stop(self):
        self.request(f"hub/api/users/{self.name}/server", method="DELETE")

    def kernel(self):
        return Kernel(self)


class Output:
    """What a cell gave: its text, its HTML and pictures, and its error."""

    def __init__(self):
        self.text, self.html, self.error = "", "", None

    def take(self, kind, content):
        if kind == "stream":
            self.text += content["text"]
        elif kind in ("display_data", "execute_result", "update_display_data"):
            self.text += content["data"].get("text/plain", "") + "\n"
            self.html += content["data"].get("text/html", "") + content["data"].get("image/svg+xml", "")
        elif kind == "error":
            self.error = "\n".join([content["ename"], content["evalue"], *content["traceback"]])


class Kernel:
    """A kernel of a person's server, spoken to over the server's WebSocket as JupyterLab does."""

    def __init__(self, person):
        # In the environment of the hub: JupyterLab's own server needs it.
        from tornado.ioloop import IOLoop
        from tornado.websocket import websocket_connect
        from tornado.httpclient import HTTPRequest

        self.person = person
        self.base = f"user/{person.name}/api/kernels"
        self.loop = IOLoop(make_current=False)
        self.id = person.request(self.base, {"name": "mlaas4hep"}, "POST")["id"]
        url = f"{person.address}{self.base}/{self.id}/channels".replace("http", "ws", 1)
        request = HTTPRequest(url, headers={"Authorization": f"token {person.token}"}, request_timeout=60)
        self.socket = self.loop.run_sync(lambda: websocket_connect(request, max_message_size=1 << 28), timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.person.request(f"{self.base}/{self.id}", method="DELETE")
        self.loop.close()

    def run(self, code, may_fail=False):
        """Runs a cell to its end."""
        asked = uuid.uuid4().hex
        self.socket.write_message(json.dumps({
            "channel": "shell", "buffers": [], "metadata": {}, "parent_header": {},
            "header": {"msg_id": asked, "msg_type": "execute_request", "username": self.person.name,
                       "session": self.id, "date": "", "version": "5.3"},
            "content": {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True},
        }))
        output, replied, idle = Output(), False, False
        while not (replied and idle):
            text = self.loop.run_sync(self.socket.read_message, timeout=SECONDS_FOR_A_CELL)
            expect(text is not None, f"the kernel of {self.person.name} goes on after {code!r}")
            message = json.loads(text)
            if message["parent_header"].get("msg_id") != asked:
                continue
            replied |= message["msg_type"] == "execute_reply"
            idle |= message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
            output.take(message["msg_type"], message["content"])
        expect(may_fail or output.error is None, f"{self.person.name} runs {code!r}: {output.error}")
        return output


if __name__ == "__main__":
    walk(sys.argv[1], Path(sys.argv[2]).read_text().strip())
