# A stock hub with the service, for tests/integration/real_hub.rs, which writes hub.json beside it.
import json
import os
import sys
from pathlib import Path

given = json.loads(Path("hub.json").read_text())
folder = Path.cwd()
c = get_config()  # noqa: F821 (JupyterHub puts it here)

c.JupyterHub.bind_url = given["address"]
c.JupyterHub.hub_bind_url = given["hub_address"]
c.ConfigurableHTTPProxy.api_url = given["proxy_address"]
c.ConfigurableHTTPProxy.command = ["node", given["proxy"]]
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
if given["internal_ssl"]:
    c.JupyterHub.internal_ssl = True
    c.JupyterHub.internal_certs_location = str(folder / "certificates")
    c.JupyterHub.hub_bind_url = given["hub_address"].replace("http:", "https:")
    c.ConfigurableHTTPProxy.api_url = given["proxy_address"].replace("http:", "https:")
c.JupyterHub.db_url = f"sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie-secret")

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = given["password"]
c.Authenticator.allowed_users = {"alice", "bob", "carol", "olga"}
c.Authenticator.admin_users = {"olga"}
c.SharedPasswordAuthenticator.admin_password = given["admin_password"]
c.JupyterHub.load_groups = {
    "higgs": {"users": ["alice", "bob"], "properties": {"mlaas4hep_limit_bytes": 5_000_000}},
    "higgs/admins": {"users": ["alice"]},
}

# A server that writes down what the hub gave it: what a notebook would have.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.cmd = [sys.executable, given["server"]]

# The test itself, which gives out tokens, starts servers and changes groups.
c.JupyterHub.services.append({"name": "test", "api_token": given["token"]})
scopes = ["admin:users", "admin:servers", "tokens", "admin:groups"]
c.JupyterHub.load_roles.append({"name": "test", "services": ["test"], "scopes": scopes})

if given["service"]:
    command = json.dumps([given["service"], "serve", "--config", str(folder / "hub.toml")])
    os.environ["MLAAS4HEP_HUB_COMMAND"] = command
else:
    # Started elsewhere; both know its token.
    os.environ["MLAAS4HEP_HUB_COMMAND"] = ""
    os.environ["MLAAS4HEP_HUB_SERVICE_TOKEN"] = given["service_token"]
os.environ["MLAAS4HEP_HUB_SERVICE_URL"] = given["service_address"]
load_subconfig(given["subconfig"])  # noqa: F821
