"""What stands on a terminal: paths on lines of their own, and no rest of a bar."""

import io
import os
import sys
import termios
import threading
from pathlib import Path

import pytest

from scorecam_cli.cli.console import Console


class Terminal:
    """A pseudo-terminal of 80 columns; what is written to it is kept."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        termios.tcsetwinsize(self.slave, (24, 80))
        self._written = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def take(self, monkeypatch):
        """stdout and stderr; by the test itself, since pytest sets them anew before each."""
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, self._stream())

    def _stream(self):
        return io.TextIOWrapper(io.FileIO(self.slave, "w", closefd=False), "utf-8", write_through=True)

    def _read(self):
        while not self._written.endswith(b"\0END"):
            self._written += os.read(self.master, 65536)

    def written(self):
        os.write(self.slave, b"\0END")
        self._reader.join(10)
        return self._written.removesuffix(b"\0END").decode("utf-8", "surrogateescape")

    def screen(self):
        """The lines that can be seen: text, carriage return, newline, one line up, erase to the end."""
        lines, row, column = [""], 0, 0
        text = self.written()
        while text:
            for control in ("\r", "\n", "\x1b[A", "\x1b[K", text[0]):
                if text.startswith(control):
                    break
            text = text[len(control) :]
            if column == 80 and control.isprintable():
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            if control == "\r":
                column = 0
            elif control == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif control == "\x1b[A":
                row -= 1
            elif control == "\x1b[K":
                lines[row] = lines[row][:column]
            else:
                lines[row] = lines[row][:column].ljust(column) + control + lines[row][column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]


@pytest.fixture
def terminal():
    shown = Terminal()
    yield shown
    os.close(shown.slave)
    os.close(shown.master)


def test_bars_and_paths_do_not_mix(scorecam, photo, tiny_model, terminal, monkeypatch):
    terminal.take(monkeypatch)
    monkeypatch.chdir(photo.parent)
    Path("dog2.png").write_bytes(photo.read_bytes())
    assert scorecam("explain", "dog.png", "dog2.png", "-m", tiny_model, "-c", 1).code == 0
    lines = terminal.screen()
    paths = [line for line in lines if ".scorecam" in line]
    assert len(paths) == 6
    assert all(Path(path).is_file() for path in paths)
    assert not [line for line in lines if "|" in line]
    assert "2 photos done (0 were up to date), 0 failed" in lines


def test_echo_of_a_key_beside_the_bars_is_taken_away_with_them(terminal, monkeypatch):
    terminal.take(monkeypatch)
    console = Console(verbosity=0, total=2)
    console.passes_planned(Path("dog.png"), 40)
    console.passes_done(7)
    os.write(terminal.slave, b"^C")
    console.close()
    assert not any(terminal.screen())
