"""A small client of the Docker Engine API over its unix socket: what tests and the demo ask of an engine by hand.

It speaks no more than API 1.41 and needs no docker command, so the version of that command does not matter.
"""

import base64
import http.client
import io
import json
import pathlib
import socket
import tarfile
import urllib.parse


class EngineError(Exception):
    """The engine refused a call; `status` is its HTTP status, or 0 for an error inside a stream."""

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout_s):
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    def __init__(self, socket_path):
        self.socket_path = str(socket_path).removeprefix("unix://")
        self.url = "unix://" + self.socket_path

    def call(self, method, path, body=None, headers=None, timeout_s=60, **query):
        """One call; the answer parsed when it is JSON, else text. Raises EngineError from status 400 on."""
        connection = _UnixConnection(self.socket_path, timeout_s)
        try:
            target = "/v1.41" + path + ("?" + urllib.parse.urlencode(query) if query else "")
            headers = dict(headers or {})
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
                headers["Content-Type"] = "application/json"
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            if answer.status >= 400:
                raise EngineError(f"{method} {path}: {answer.status} {text.strip()}", answer.status)
            if answer.getheader("Content-Type", "").startswith("application/json"):
                return _parse(text)
            return text
        finally:
            connection.close()

    def answers(self):
        try:
            self.call("GET", "/_ping", timeout_s=2)
            return True
        except (OSError, EngineError, http.client.HTTPException):
            return False

    def build(self, context, tag, extra_files=(), build_args=None):
        """Builds the directory `context` with the classic builder. extra_files: (path here, name in context)."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(context, arcname=".")
            for source, name in extra_files:
                tar.add(pathlib.Path(source).resolve(), arcname=name)
        _check_stream(self.call("POST", "/build", archive.getvalue(),
                                {"Content-Type": "application/x-tar"}, timeout_s=300, t=tag,
                                buildargs=json.dumps(build_args or {})))

    def push(self, tag):
        name, version = tag.rsplit(":", 1)
        nobody = base64.urlsafe_b64encode(b"{}").decode()
        _check_stream(self.call("POST", f"/images/{name}/push", headers={"X-Registry-Auth": nobody},
                                timeout_s=300, tag=version))

    def tag(self, source, target):
        name, version = target.rsplit(":", 1)
        self.call("POST", f"/images/{source}/tag", repo=name, tag=version)

    def images(self):
        return self.call("GET", "/images/json")

    def remove_image(self, reference):
        self.call("DELETE", f"/images/{reference}")

    def containers(self, *labels, running_only=False):
        """Containers that carry every given label ("key" or "key=value")."""
        return self.call("GET", "/containers/json", all="0" if running_only else "1",
                         filters=json.dumps({"label": list(labels)} if labels else {}))

    def inspect(self, container):
        return self.call("GET", f"/containers/{container}/json")

    def inspect_if_there(self, container):
        """None for a container that is gone by now."""
        try:
            return self.inspect(container)
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def stop(self, container, grace_s=5):
        self.call("POST", f"/containers/{container}/stop", t=grace_s)

    def kill(self, container, signal="KILL"):
        self.call("POST", f"/containers/{container}/kill", signal=signal)

    def remove(self, container):
        self.call("DELETE", f"/containers/{container}", force="1")

    def run(self, name, spec):
        """Creates and starts a container by hand; `spec` is the body of POST /containers/create. Returns its id."""
        identity = self.call("POST", "/containers/create", spec, name=name)["Id"]
        self.call("POST", f"/containers/{identity}/start")
        return identity

    def networks(self, *labels):
        return self.call("GET", "/networks", filters=json.dumps({"label": list(labels)} if labels else {}))

    def volumes(self, *labels):
        filters = json.dumps({"label": list(labels)} if labels else {})
        return self.call("GET", "/volumes", filters=filters)["Volumes"] or []


def _parse(text):
    """A JSON document, or the list of documents of a stream of lines."""
    try:
        return json.loads(text) if text.strip() else None
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _check_stream(lines):
    for line in lines if isinstance(lines, list) else [lines]:
        if isinstance(line, dict) and "error" in line:
            raise EngineError(line["error"])
