"""A door in front of an engine's unix socket: it lets everything through and tells of each call when it is answered.

    proxy = EngineProxy(engine.socket_path, bed.dir / "door.sock", on_answer)
    … an agent uses unix://door.sock …
    proxy.close()

on_answer(number, method, path) runs after the engine has answered a call that changes something, before the caller
learns of it: whoever kills the caller there leaves it exactly between an effect and its knowledge of it.
"""

import pathlib
import socket
import threading

CHANGING = ("POST", "PUT", "DELETE")


class EngineProxy:
    def __init__(self, engine_socket, path, on_answer):
        self.path = pathlib.Path(path)
        self.calls = []  # "POST /containers/create" of each changing call, in the order of the answers
        self._engine_socket = str(engine_socket)
        self._on_answer = on_answer
        self._lock = threading.Lock()
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self):
        return f"unix://{self.path}"

    def close(self):
        # A thread that still waits in accept would take the connections of the next listener, which gets the same
        # descriptor: it is woken and waited for first.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            engine.connect(self._engine_socket)
            requests, answers = client.makefile("rb"), engine.makefile("rb")
            while self._exchange(client, engine, requests, answers):
                pass
        except OSError:
            pass  # one side left; so does the other
        finally:
            client.close()
            engine.close()

    def _exchange(self, client, engine, requests, answers):
        """One request and its answer. False when the connection is used up."""
        head = _read_head(requests)
        if not head:
            return False
        method, target = head.split(b" ", 2)[:2]
        engine.sendall(head + _read_body(requests, head))
        if method.decode() not in CHANGING:
            return self._relay(client, answers, method)
        answer = _read_head(answers)
        if not answer:
            return False
        answer += _read_body(answers, answer)
        path = target.decode().split("?")[0]
        path = "/" + path.split("/", 2)[2] if path.startswith("/v1.") else path
        with self._lock:
            self.calls.append(f"{method.decode()} {path}")
            number = len(self.calls)
        self._on_answer(number, method.decode(), path)
        client.sendall(answer)
        return True

    @staticmethod
    def _relay(client, answers, method):
        """Passes an answer on as it comes; a stream of events ends only with its connection."""
        head = _read_head(answers)
        if not head:
            return False
        client.sendall(head)
        if method == b"HEAD":
            return True
        for part in _body_parts(answers, head):
            client.sendall(part)
        return True


def _read_head(stream):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    return head


def _read_body(stream, head):
    return b"".join(_body_parts(stream, head))


def _body_parts(stream, head):
    """The raw parts of a message's body, chunk frames included."""
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") == b"chunked":
        while True:
            size = stream.readline()
            if not size:
                return
            length = int(size.split(b";")[0], 16)
            yield size + stream.read(length + 2)
            if length == 0:
                return
    else:
        length = int(fields.get(b"content-length", 0))
        if length:
            yield stream.read(length)
