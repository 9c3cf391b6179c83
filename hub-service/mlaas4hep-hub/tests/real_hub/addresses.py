# Which address of the service a notebook server is told, for tests/integration/real_hub.rs: the file that operators include, with hubs
# of several settings. Without arguments but that file's path.
import json
import sys
from types import SimpleNamespace

import jupyterhub.app
from traitlets.config import Config

config = Config()
config.JupyterHub.services = []
config.JupyterHub.load_roles = []
scope = {"get_config": lambda: config}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), scope)


def told(bind_url, hub_api_url, public_url=""):
    hub = SimpleNamespace(bind_url=bind_url, public_url=public_url)
    jupyterhub.app.JupyterHub.instance = staticmethod(lambda: hub)
    return scope["through_the_proxy"](SimpleNamespace(hub=SimpleNamespace(api_url=hub_api_url)))


here, bridge = "http://127.0.0.1:8081/hub/api", "http://172.17.0.1:8081/hub/api"
print(json.dumps([
    told("http://:8000", here),
    told("http://:8000", bridge),
    told("http://0.0.0.0:8000/base/", "http://[fd00::1]:8081/base/hub/api"),
    told("http://127.0.0.1:8000", bridge),
    told("http://:8000", bridge, "https://hub.example.org/"),
]))
