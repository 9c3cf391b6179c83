"""Stands where a user's notebook server would: writes down its environment and answers the hub."""

import http.server
import json
import os
from urllib.parse import urlsplit


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()


with open("environment.json", "w") as file:
    json.dump(dict(os.environ), file)
address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.server.HTTPServer((address.hostname, address.port), Answer).serve_forever()
