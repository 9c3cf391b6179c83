"""The same service with FastAPI: httpx asks the hub, a dict remembers for a minute what it said.

    fastapi_peer.py PORT        the hub is in JUPYTERHUB_API_URL
"""

import hashlib
import os
import sys
import time

import httpx
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request

ACCESS = "access:services!service=mlaas4hep"
REMEMBERED_SECONDS = 60

app = FastAPI()
client = httpx.AsyncClient()
known = {}


async def caller(request: Request):
    token = request.headers.get("authorization", "").partition(" ")[2]
    key = hashlib.sha256(token.encode()).digest()
    until, user = known.get(key, (0, None))
    if time.monotonic() < until:
        return user
    answer = await client.get(os.environ["JUPYTERHUB_API_URL"] + "/user", headers={"Authorization": f"token {token}"})
    if answer.status_code != 200 or ACCESS not in answer.json()["scopes"]:
        raise HTTPException(401)
    known[key] = (time.monotonic() + REMEMBERED_SECONDS, answer.json())
    return answer.json()


@app.get("/workspaces/{workspace}")
async def workspace(workspace: str, user: dict = Depends(caller)):
    if workspace not in user["groups"]:
        raise HTTPException(404)
    return {"name": workspace, "who": user["name"], "groups": user["groups"]}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
