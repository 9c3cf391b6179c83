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
    """c.JupyterHub.load_roles.insert(0, {"name": "user", "scopes": ["self"]})""",
    """c.JupyterHub.load_roles = ({"name": "user", "scopes": ["self"]},)""",
)


def scopes_of_users(way):
    with tempfile.TemporaryDirectory() as folder:
        main, between = pathlib.Path(folder, "main.py"), pathlib.Path(folder, "between.py")
        main.write_text(f"{way}\nload_subconfig({str(between)!r})")
        between.write_text(f"load_subconfig({sys.argv[1]!r})")
        hub = PyFileConfigLoader(str(main)).load_config().JupyterHub
    roles = hub.load_roles
    if not isinstance(roles, (list, tuple)):
        said = roles.to_dict()
        roles = [*said["extend"], *(role for _, role in said.get("inserts", ()))]
    more = hub.extra_user_scopes
    more = more if isinstance(more, set) else more.to_dict().get("update", [])
    return [role["scopes"] for role in roles if role["name"] == "user"], sorted(more)


print(json.dumps([scopes_of_users(way) for way in WAYS]))
