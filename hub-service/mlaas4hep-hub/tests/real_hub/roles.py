# Who may use the service, for tests/integration/real_hub.rs: the file that operators include, beside roles that were configured
# before it, in each way to do so. Without arguments but that file's path.
import json
import sys

from traitlets.config import Config


def scopes_of_users(configure):
    config = Config()
    config.JupyterHub.services = []
    configure(config.JupyterHub)
    exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {"get_config": lambda: config})
    roles = config.JupyterHub.load_roles
    roles = roles if isinstance(roles, list) else roles.to_dict()["extend"]
    own = [role["scopes"] for role in roles if role["name"] == "user"]
    more = config.JupyterHub.extra_user_scopes
    more = more if isinstance(more, set) else more.to_dict().get("update", [])
    return own, sorted(more)


def assigned(hub):
    hub.load_roles = [{"name": "user", "scopes": ["self", "shares!user"]}, {"name": "other"}]


def appended(hub):
    hub.load_roles.append({"name": "user", "description": "of this hub"})


print(json.dumps([scopes_of_users(how) for how in (lambda hub: None, assigned, appended)]))
