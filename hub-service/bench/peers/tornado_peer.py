"""A service beside JupyterHub as its documentation writes one: tornado, HubAuth, and a look at the caller's groups.

    tornado_peer.py PORT        the hub is in JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN
"""

import asyncio
import sys

from jupyterhub.services.auth import HubAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated


class Workspace(HubAuthenticated, RequestHandler):
    @authenticated
    def get(self, workspace):
        user = self.current_user
        if workspace not in user["groups"]:
            raise HTTPError(404)
        self.write({"name": workspace, "who": user["name"], "groups": user["groups"]})


async def main():
    Application([(r"/workspaces/(\w+)", Workspace)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
