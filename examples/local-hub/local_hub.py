"""Starts, checks and removes the hub on this machine. scripts/start calls it; it needs only Python's own library.

    local_hub.py up FOLDER SETTINGS.json     starts everything, prints the address, waits until Ctrl-C or `down`
    local_hub.py check FOLDER SETTINGS.json  starts everything, walks the main job, stops
    local_hub.py down FOLDER                 stops what runs in FOLDER and removes FOLDER
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

USERS = {"alice": "higgs", "bob": "higgs", "carol": None}
MARK = "local-hub.json"
SECONDS_TO_START = 120


def main():
    action, folder = sys.argv[1], Path(sys.argv[2]).absolute()
    if action == "down":
        down(folder)
        return
    with Hub(folder, json.loads(Path(sys.argv[3]).read_text())) as hub:
        hub.wait_until_it_answers()
        if action == "check":
            import check

            # What it leaves when it fails is for whoever looks for the cause.
            check.walk(hub.address, hub.settings["password"])
        else:
            print_address(hub)
            hub.wait()
    if action == "check":
        shutil.rmtree(folder)


class Hub:
    """JupyterHub with its proxy and the service, as one process group that ends with this object."""

    def __init__(self, folder, programs):
        self.folder = prepare(folder)
        self.settings = programs | {
            "users": list(USERS),
            "groups": {"higgs": [name for name, group in USERS.items() if group == "higgs"], "higgs/admins": ["alice"]},
            "password": secrets.token_urlsafe(9),
            "ports": free_ports("hub", "hub_inner", "proxy", "service", "data"),
        }
        write_privately(folder / "settings.json", json.dumps(self.settings, indent=1))
        self.address = f"http://127.0.0.1:{self.settings['ports']['hub']}/"
        write_service_configuration(folder, self.settings)
        self.process = None

    def __enter__(self):
        self.log = open(self.folder / "hub.log", "ab")
        config = Path(self.settings["repository"]) / "examples" / "local-hub" / "jupyterhub_config.py"
        environment = {**os.environ, "PATH": self.settings["path"]}
        # A hub that is started inside another one's server would take that one's settings for its own.
        for name in [name for name in environment if name.startswith(("JUPYTERHUB_", "CONFIGPROXY_"))]:
            del environment[name]
        self.process = subprocess.Popen(
            [self.settings["jupyterhub_command"], "--config", str(config)],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, start_new_session=True,
        )
        mark = {"supervisor": os.getpid(), "hub": self.process.pid, "started": process_start(self.process.pid)}
        write_privately(self.folder / MARK, json.dumps(mark))
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: sys.exit(0))
        return self

    def __exit__(self, *_):
        stop_group(self.process.pid)
        self.process.wait()
        self.log.close()

    def wait_until_it_answers(self):
        """Returns when the hub, its proxy and the service behind it answer."""
        wanted = [self.address + "hub/api/", self.address + "services/mlaas4hep/health"]
        end = time.monotonic() + SECONDS_TO_START
        while wanted:
            if answers(wanted[0]):
                del wanted[0]
                continue
            if self.process.poll() is not None or time.monotonic() > end:
                self.explain(wanted[0])
            time.sleep(0.1)

    def explain(self, address):
        text = (self.folder / "hub.log").read_text(errors="replace").splitlines()[-30:]
        state = "ended" if self.process.poll() is not None else f"does not answer after {SECONDS_TO_START} s"
        sys.exit("\n".join([*text, "", f"mlaas4hep: {address}: JupyterHub {state}; its last lines are above, all of"
                                       f" them are in {self.folder / 'hub.log'}"]))

    def wait(self):
        try:
            self.process.wait()
        except KeyboardInterrupt:
            print("\nstopping", flush=True)


def prepare(folder):
    """The folder of a run: new, or one that an earlier run made and nothing uses any more."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            sys.exit(f"mlaas4hep: {folder} is not empty and holds no local hub: name another folder")
        if running(folder):
            sys.exit(f"mlaas4hep: a hub runs in {folder} already; `scripts/start down {folder}` stops it")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def down(folder):
    if not (folder / MARK).exists():
        sys.exit(f"mlaas4hep: there is no local hub in {folder}: nothing to stop, nothing removed")
    mark = json.loads((folder / MARK).read_text())
    if running(folder):
        stop_group(mark["hub"])
    shutil.rmtree(folder)
    print(f"stopped, and removed {folder}")


def running(folder):
    """Whether the process that the mark names is still the one that was started: numbers come again."""
    mark = json.loads((folder / MARK).read_text())
    return process_start(mark["hub"]) == mark["started"] is not None


def process_start(pid):
    """When a process began, in clock ticks since boot (proc(5), field 22); nothing if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return None if fields[0] == "Z" else fields[19]


def stop_group(pid):
    """Asks a process to end, which stops its children in order; what is left of its group after 20 s is killed."""
    for sent, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        try:
            os.kill(pid, sent) if sent == signal.SIGTERM else os.killpg(pid, sent)
        except ProcessLookupError:
            return
        end = time.monotonic() + seconds
        while time.monotonic() < end and process_start(pid) is not None:
            time.sleep(0.05)
    # The group may outlive its leader.
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def write_service_configuration(folder, settings):
    socket = str(folder / "local.sock")
    # The system knows no longer path of a socket: then bytes come by ranges.
    socket = f"local_socket = {json.dumps(socket)}" if len(os.fsencode(socket)) < 108 else ""
    lines = SERVICE_CONFIGURATION.format(folder=folder, socket=socket, **settings["ports"])
    write_privately(folder / "service.toml", lines)


SERVICE_CONFIGURATION = """\
# The service; where it listens and who may use it comes from the hub.
[listen]
data_address = "127.0.0.1:{data}"
{socket}

[workspaces]
folder = "{folder}/workspaces"
public_links = true

[log]
file = "{folder}/service.log"
"""


def write_privately(path, text):
    path.touch(mode=0o600)
    path.write_text(text)


def free_ports(*names):
    """A port for each name that nothing listens on; all are held until all are found, so that they differ."""
    sockets = {name: socket.socket() for name in names}
    ports = {}
    for name, held in sockets.items():
        wanted = 8000 if name == "hub" else 0
        # Connections of an earlier run that have not faded yet are no reason to move.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind(("127.0.0.1", wanted))
        except OSError:
            held.bind(("127.0.0.1", 0))
        ports[name] = held.getsockname()[1]
    for held in sockets.values():
        held.close()
    return ports


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        # The proxy answers 503 and 404 for what is not there yet.
        return error.code < 500 and error.code != 404
    except OSError:
        return False


def print_address(hub):
    names = ", ".join(f"{name} ({group or 'in no group'})" for name, group in USERS.items())
    print(f"""
open        {hub.address}
log in as   {names}
password    {hub.settings['password']}
workspaces  {hub.address}services/mlaas4hep/
data        {hub.folder} (`scripts/start down {hub.folder}` stops all of it and removes the folder)
Ctrl-C stops it and leaves the folder.""", flush=True)


if __name__ == "__main__":
    main()
