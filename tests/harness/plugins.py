"""Plugins of Docker's first kind: what they answer, and a server that says it."""

import json
import os
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

SOCKETS = Path("/run/docker/plugins")
Answerer = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Method and arguments → answer. A ``status`` in it is that of HTTP."""


class VolumeDriver:
    """A driver of volumes that are directories below ``root``.

    ``calls`` are those that change something; ``held`` the mounts, (volume, id); ``failing`` what verbs answer.
    """

    def __init__(self, root: Path, *, makes_folders: bool = True) -> None:
        self.root = root
        self.makes_folders = makes_folders
        self.volumes: dict[str, dict[str, str]] = {}
        self.held: set[tuple[str, str]] = set()
        self.calls: list[tuple[str, str]] = []
        self.failing: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method == "Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        verb, name = method.removeprefix("VolumeDriver."), arguments.get("Name", "")
        if verb in self.failing:
            return self.failing[verb]
        if verb not in ("Get", "List", "Path", "Capabilities"):
            self.calls.append((verb, name))
        answer: dict[str, Any] = getattr(self, verb.lower())(name, arguments)
        return answer

    def create(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.volumes[name] = arguments["Opts"] or {}
        return {}

    def remove(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        del self.volumes[name]
        return {}

    def mount(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.held.add((name, arguments["ID"]))
        if self.makes_folders:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        return {"Mountpoint": str(self.root / name)}

    def unmount(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if (name, arguments["ID"]) not in self.held:
            return {"Err": "not mounted"}
        self.held.remove((name, arguments["ID"]))
        return {}

    def get(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in self.volumes:
            return {"Err": "no such thing"}
        return {"Volume": {**self._told(name), "CreatedAt": "2024-05-06T07:08:09Z", "Status": {"hello": "world"}}}

    def list(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"Volumes": [self._told(name) for name in self.volumes]}

    def capabilities(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"Capabilities": {"Scope": "global"}}

    def _told(self, name: str) -> dict[str, Any]:
        return {"Name": name, "Mountpoint": str(self.root / name)}


class Authorizer:
    """A plugin that allows all requests but those that ``denied`` gives a reason for, by method and path."""

    def __init__(self) -> None:
        self.denied: dict[tuple[str, str], str] = {}
        self.denied_answers: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method == "Plugin.Activate":
            return {"Implements": ["authz"]}
        self.asked.append((method.removeprefix("AuthZPlugin."), arguments))
        reasons = self.denied if method == "AuthZPlugin.AuthZReq" else self.denied_answers
        path = arguments["RequestUri"].partition("?")[0]
        reason = reasons.get((arguments["RequestMethod"], path.removeprefix("/v1.45")))
        return {"Allow": reason is None, "Msg": reason or ""}


@contextmanager
def plugin_socket(path: Path, answerer: Answerer) -> Iterator[None]:
    """A plugin behind a socket, which is taken away with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with _serving(_UnixServer(str(path), _handler(answerer))):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def installed(answerer: Answerer) -> Iterator[str]:
    """A plugin that all engines of this machine find, by a name that no other has."""
    name = f"wherry-{os.urandom(6).hex()}"
    with plugin_socket(SOCKETS / f"{name}.sock", answerer):
        yield name


@contextmanager
def plugin_port(answerer: Answerer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A plugin behind a port of this machine."""
    server = _TcpServer(("127.0.0.1", 0), _handler(answerer))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        yield server.server_address[1]


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 64


class _TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not like the certificate."""


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answerer: Answerer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = dict(answerer(self.path.lstrip("/"), json.loads(body or b"{}")))
            status = answer.pop("status", 200)
            data = answer.pop("raw", None) or json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self) -> str:
            return "a socket"

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


SERVER = """\
import ctypes, http.server, json, os, signal, socketserver, sys, threading

volumes = {}

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at

def decoded(data):
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        fields[key >> 3] = value
    return fields

def read(pipe, log):
    with open(pipe, "rb") as entries, open(log, "a") as lines:
        while head := entries.read(4):
            entry = decoded(entries.read(int.from_bytes(head, "big")))
            piece = decoded(entry.get(5, b""))
            told = [entry[1].decode(), entry[2], entry.get(3, b"").decode(), bool(entry.get(4)),
                    piece.get(1), piece.get(2, b"").decode(), piece.get(3)]
            print(json.dumps(told), file=lines, flush=True)

def start(asked):
    info = asked["Info"]
    if "refuse" in info["Config"]:
        return {"Err": info["Config"]["refuse"]}
    if "link" in info["Config"]:
        os.remove(asked["File"])
        os.symlink(info["Config"]["link"], asked["File"])
        return {}
    log = "/data/" + info["ContainerName"].strip("/")
    with open(log + ".info", "w") as file:
        json.dump(info, file)
    threading.Thread(target=read, args=(asked["File"], log), daemon=True).start()
    return {}

def answer(verb, name):
    path = "/data/" + name
    if verb == "Capabilities":
        return {"Cap": {"ReadLogs": False}}
    elif verb == "Create":
        volumes[name] = path
        os.makedirs(path, exist_ok=True)
    elif verb == "Remove":
        volumes.pop(name, None)
    elif verb == "Get":
        known = os.path.isdir(path)
        return {"Volume": {"Name": name, "Mountpoint": path}} if known else {"Err": "no such volume"}
    elif verb == "List":
        return {"Volumes": [{"Name": each, "Mountpoint": volumes[each]} for each in volumes]}
    elif verb == "Mount":
        if "CAPABLE" in os.environ and not os.path.ismount(path):
            ctypes.CDLL(None).mount(b"memory", path.encode(), b"tmpfs", 0, None)
        return {"Mountpoint": os.environ.get("ANSWER", path)}
    return {}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        verb = self.path.rpartition(".")[2]
        told = start(asked) if verb == "StartLogging" else answer(verb, asked.get("Name", ""))
        allowed = not asked.get("RequestUri", "").endswith("/volumes")
        data = json.dumps({**told, "Allow": allowed, "Msg": ""}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self):
        return "a socket"

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
socketserver.UnixStreamServer("/run/docker/plugins/test.sock", Handler).serve_forever()
"""
"""A driver of volumes below /data, as a program. With CAPABLE in its environment each is a tmpfs. Asked
for authorization it allows all but lists of volumes. As a driver of logs it writes what it gets to /data/<container> in
JSON: source, time, line, whether it was cut, and of a piece whether it is the last, its line's name and its number."""


def managed_plugin(folder: Path, *types: str, **config: Any) -> Path:
    """A managed plugin as its maker has it, which runs SERVER by this machine's Python. ``config`` is more of it, or
    other."""
    (folder / "rootfs").mkdir(parents=True)
    (folder / "rootfs" / "server.py").write_text(SERVER)
    prefix = os.path.realpath(sys.base_prefix)
    needed = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", *(() if prefix.startswith("/usr") else (prefix,)))
    described: dict[str, Any] = {
        "description": "a test",
        "interface": {"socket": "test.sock", "types": list(types)},
        "entrypoint": [os.path.realpath(sys.executable), "-S", "/server.py"],
        "env": [{"name": "ANSWER", "settable": ["value"]}, {"name": "CAPABLE", "settable": ["value"]}],
        "mounts": [
            {"source": path, "destination": path, "type": "bind", "options": ["rbind", "ro"]}
            for path in needed
            if os.path.exists(path)
        ],
        "network": {"type": "none"},
        "propagatedMount": "/data",
    }
    (folder / "config.json").write_text(json.dumps(described | config))
    return folder
