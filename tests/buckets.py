"""A bucket in the memory of this process, and what is asked of it."""

import fsspec
import pytest

from scorecam_cli.files import buckets


class Bucket:
    """Objects by their key; `asked` has the methods that were called, in order."""

    def __init__(self, system):
        self.system, self.asked = system, []

    def put(self, key, data=b"?"):
        self.system.pipe_file(f"/b/{key}", data)

    def get(self, key):
        return self.system.cat_file(f"/b/{key}")

    def keys(self, below=""):
        return sorted(key.removeprefix("/b/") for key in self.system.find(f"/b/{below}"))

    def count(self):
        return {name: self.asked.count(name) for name in dict.fromkeys(self.asked)}


@pytest.fixture
def bucket(monkeypatch):
    """`memory://b`, empty before and after."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    made = Bucket(system)
    ask = buckets.ask

    def counted(scheme, method, *arguments, **named):
        made.asked.append(method)
        return ask(scheme, method, *arguments, **named)

    monkeypatch.setattr("scorecam_cli.files.remote.ask", counted)
    yield made
    system.store.clear()


@pytest.fixture
def refusing(monkeypatch):
    """Let one method of buckets raise an error: `refusing("ls", PermissionError("Access Denied"))`."""

    def refuse(name, error):
        ask = buckets.ask

        def asked(scheme, method, *arguments, **named):
            if method == name:
                raise error
            return ask(scheme, method, *arguments, **named)

        monkeypatch.setattr("scorecam_cli.files.remote.ask", asked)

    return refuse
