# Who may use the service, for tests/integration/real_hub.rs: the file that operators include, after roles that were configured in
# each way to do so. Without arguments but that file's path.
import json
import pathlib
import sys
import tempfile

from traitlets.config.loader import PyFileConfigLoader

WAYS = (
    "",
    """c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "shares!user"]}, {"name": "other"}]""",
    """c.JupyterHub.load_roles.append({"name": "user", "description": "of this hub"})""",
)


def scopes_of_users(way):
    with tempfile.TemporaryDirectory() as folder:
        main = pathlib.Path(folder, "main.py")
        main.write_text(f"{way}\nload_subconfig({sys.argv[1]!r})")
        hub = PyFileConfigLoader(str(main)).load_config().JupyterHub
    roles = hub.load_roles
    roles = roles if isinstance(roles, list) else roles.to_dict()["extend"]
    more = hub.extra_user_scopes
    more = more if isinstance(more, set) else more.to_dict().get("update", [])
    return [role["scopes"] for role in roles if role["name"] == "user"], sorted(more)


print(json.dumps([scopes_of_users(way) for way in WAYS]))
