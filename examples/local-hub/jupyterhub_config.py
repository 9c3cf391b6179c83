# The hub that scripts/start brings up on this machine: three demo users, one group, no Docker, no root.
#
# A demonstration, not a deployment: all three run as the user who started it, so they are apart in the hub and in the
# service, but not in the file system of this machine.
import json
import os
import shlex
import shutil
from pathlib import Path

settings = json.loads(Path("settings.json").read_text())
folder = Path.cwd()
repository = Path(settings["repository"])

c = get_config()  # noqa: F821 (JupyterHub puts it here)

# Only this machine can reach any of it.
c.JupyterHub.bind_url = f"http://127.0.0.1:{settings['ports']['hub']}/"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings['ports']['hub_inner']}/"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings['ports']['proxy']}"
c.ConfigurableHTTPProxy.command = settings["proxy_command"]
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie-secret")
c.JupyterHub.cleanup_servers = True
c.JupyterHub.cleanup_proxy = True

# Who there is. The password was made for this run and is printed with the address.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = settings["password"]
c.Authenticator.allowed_users = set(settings["users"])
c.Authenticator.admin_users = set()
c.JupyterHub.load_groups = {name: {"users": users} for name, users in settings["groups"].items()}


def bring_examples(spawner):
    """Gives a user the example notebooks, once; what they change stays theirs."""
    home = folder / "homes" / spawner.user.name
    home.mkdir(parents=True, exist_ok=True)
    for notebook in sorted((repository / "examples" / "notebooks").glob("*.ipynb")):
        if not (home / notebook.name).exists():
            shutil.copy(notebook, home / notebook.name)
    # A terminal is a login shell, which begins with a PATH of its own.
    if not (home / ".profile").exists():
        (home / ".profile").write_text(f"export PATH={shlex.quote(settings['path'])}\n")


c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.pre_spawn_hook = bring_examples
c.Spawner.default_url = "/lab"
c.Spawner.cmd = [settings["singleuser_command"]]
# A container's first user is often root, which a Jupyter server does not take without a word.
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
c.Spawner.environment.update({"PATH": settings["path"], "JUPYTER_PATH": settings["jupyter_path"]})
c.Spawner.http_timeout = 120
c.Spawner.start_timeout = 120

# The service, as an operator adds it to any hub.
service = f"http://127.0.0.1:{settings['ports']['service']}"
os.environ["MLAAS4HEP_HUB_COMMAND"] = json.dumps(
    [settings["service_command"], "serve", "--config", str(folder / "service.toml")]
)
os.environ["MLAAS4HEP_HUB_SERVICE_URL"] = service
load_subconfig(str(repository / "hub-service" / "jupyterhub_config.d" / "mlaas4hep.py"))  # noqa: F821
