"""A package index and a report for whoever shows the token: the index with Basic authentication, the report as a bearer.

    token_server.py USER TOKEN-FILE      removes the file, prints the port it listens on

The index has one package, `greeting`, which is made here.
"""
import base64
import hashlib
import http.server
import io
import os
import sys
import zipfile

user, secret = sys.argv[1:]
with open(secret) as file:
    token = file.read()
os.remove(secret)
BASIC = "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()
BEARER = "Bearer " + token
WHEEL = "greeting-1.0-py3-none-any.whl"


def wheel():
    info = "greeting-1.0.dist-info"
    files = {
        "greeting.py": "def text():\n    return 'hello from the private index'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items())
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


CONTENT = {
    "/simple/greeting/": (BASIC, "text/html", f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode()),
    "/files/" + WHEEL: (BASIC, "application/zip", wheel()),
    "/report": (BEARER, "text/plain", b"the report\n"),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        expected, kind, body = CONTENT.get(self.path, (None, "text/plain", b""))
        status = 404 if expected is None else 200 if self.headers.get("Authorization") == expected else 401
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        if status != 200:
            body = b""
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
