# Adds the service mlaas4hep-hub to a JupyterHub, 5.2 to 6.x. At the end of jupyterhub_config.py:
#
#     load_subconfig("/path/to/mlaas4hep.py")
#
# It adds to what is configured and replaces nothing, except for the two lists of Spawner below. Its settings are variables
# of the environment of the hub:
#
#   MLAAS4HEP_HUB_COMMAND   program and arguments, as JSON: the hub starts the service, and again when it ends.
#                           Default: ["mlaas4hep-hub", "serve"]. "" for a service that is started elsewhere; then
#                           MLAAS4HEP_HUB_SERVICE_TOKEN must hold its token, the same on both sides.
#   MLAAS4HEP_HUB_SERVICE_URL   where the service listens. Default: http://127.0.0.1:9010
#   MLAAS4HEP_HUB_PUBLIC_URL    how notebook servers reach it. Default: through the proxy of the hub, at public_url or
#                               bind_url; where that names no host, at the host at which servers reach the hub (hub_connect_ip),
#                               as those in containers do. Better for data: its second listener, since the proxy costs half a
#                               millisecond of processor time a request.
import inspect
import json
import os
from urllib.parse import urlsplit

import jupyterhub
import jupyterhub.app

NAME = "mlaas4hep"
ACCESS = f"access:services!service={NAME}"
is_5 = jupyterhub.version_info[0] < 6
command = json.loads(os.environ.get("MLAAS4HEP_HUB_COMMAND") or '["mlaas4hep-hub", "serve"]')
is_external = os.environ.get("MLAAS4HEP_HUB_COMMAND") == ""

c = get_config()  # noqa: F821 (JupyterHub puts it here)


def said_before():
    """What the files that load this one have said so far: load_subconfig gives each a configuration of its own."""
    callers = [frame.frame.f_locals["self"].config for frame in inspect.stack(0) if frame.function == "load_subconfig"]
    return [caller.JupyterHub for caller in callers] or [c.JupyterHub]


def roles_of(hub):
    """A list, or what was added so far to the list that the hub will have."""
    roles = hub.get("load_roles", ())
    if not hasattr(roles, "to_dict"):
        return list(roles)
    said = roles.to_dict()
    return [*said.get("prepend", ()), *(role for _, role in said.get("inserts", ())), *said.get("extend", ())]


hubs = said_before()
url = os.environ.get("MLAAS4HEP_HUB_SERVICE_URL", "http://127.0.0.1:9010")
if any(hub.get("internal_ssl") is True for hub in hubs):
    # Hub, proxy and service then show each other certificates, which the hub makes.
    url = url.replace("http://", "https://", 1)
service = {
    "name": NAME,
    "url": url,
    # Our own service: no page that asks whether it may know the user's name.
    "oauth_no_confirm": True,
    "display": True,
}
if is_external:
    service["api_token"] = os.environ["MLAAS4HEP_HUB_SERVICE_TOKEN"]
else:
    service["command"] = command
c.JupyterHub.services.append(service)

# What the service may ask the hub: who is in which group, and nothing else.
c.JupyterHub.load_roles.append(
    {
        "name": "mlaas4hep-service",
        "services": [NAME],
        "scopes": ["read:users:name", "read:users:groups", "list:groups", "read:groups"],
    }
)

# Who may use it: every user, in the browser ...
own = [role for hub in hubs for role in roles_of(hub) if role["name"] == "user"]
if own:
    # Who says what the role "user" is takes the place of the hub's own, and it may be said only once.
    own[0]["scopes"] = [*own[0].get("scopes", ["self"]), ACCESS]
elif is_5:
    c.JupyterHub.load_roles.append({"name": "user", "scopes": ["self", ACCESS]})
else:
    c.JupyterHub.extra_user_scopes.update({ACCESS})
# ... and in notebooks, with the token of their server.
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", "read:users:groups!user", ACCESS]
c.Spawner.oauth_client_allowed_scopes = [ACCESS]


HERE = ("localhost", "127.0.0.1", "::1")


def through_the_proxy(spawner):
    """The service as a notebook server reaches it: on this machine, or in a container on it."""
    hub = jupyterhub.app.JupyterHub.instance()
    url = urlsplit(hub.public_url or hub.bind_url)
    host = url.hostname
    if host in (None, "0.0.0.0", "::", "*"):
        # Of all addresses of this machine, one that the server knows.
        known = urlsplit(spawner.hub.api_url).hostname
        host = "127.0.0.1" if known in HERE else known
    place = f"[{host}]" if ":" in host else host
    place += f":{url.port}" if url.port else ""
    return f"{url.scheme}://{place}{url.path.rstrip('/')}/services/{NAME}/"


public_url = os.environ.get("MLAAS4HEP_HUB_PUBLIC_URL")
c.Spawner.environment.update({"MLAAS4HEP_HUB_URL": public_url or through_the_proxy})
