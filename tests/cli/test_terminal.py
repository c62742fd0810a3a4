"""What stands on a terminal: paths on lines of their own, no rest of a bar, and no byte that moves the cursor."""

import io
import os
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from scorecam_cli.cli.console import Console
from scorecam_cli.cli.results import Results, shell_quoted

HOSTILE = "a\x1b[31m\nb'c\\\u202e\udcff.png"


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
    assert scorecam("explain", "dog.png", "dog2.png", "-m", tiny_model, "-c", 1, "-v").code == 0
    lines = terminal.screen()
    paths = [line for line in lines if ".scorecam" in line]
    assert len(paths) == 6
    assert all(Path(path).is_file() for path in paths)
    assert not [line for line in lines if "|" in line]
    assert "2 photos done (0 were up to date), 0 failed" in lines


def test_many_photos_have_a_line_each_on_a_terminal(scorecam, photo, tiny_model, terminal, monkeypatch):
    terminal.take(monkeypatch)
    monkeypatch.chdir(photo.parent)
    Path("dog2.png").write_bytes(photo.read_bytes())
    assert scorecam("explain", "dog.png", "dog2.png", "-m", tiny_model, "-c", 1, "-o", "maps").code == 0
    lines = [line for line in terminal.screen() if line]
    assert [line.partition(":")[0] for line in lines if line.startswith("dog")] == ["dog.png", "dog2.png"]
    assert not [line for line in lines if ".scorecam" in line or "|" in line]
    assert "files are in maps; -v or a pipe prints their paths" in lines


def test_echo_of_a_key_beside_the_bars_is_taken_away_with_them(terminal, monkeypatch):
    terminal.take(monkeypatch)
    console = Console(verbosity=0, total=2)
    console.passes_planned(Path("dog.png"), 40)
    console.passes_done(7)
    os.write(terminal.slave, b"^C")
    console.close()
    assert not any(terminal.screen())


def test_name_on_a_terminal_is_quoted_and_a_shell_reads_it_back(terminal, monkeypatch):
    terminal.take(monkeypatch)
    results = Results(Console(verbosity=-1, total=1))
    results.path(Path(HOSTILE))
    results.path(Path("with spaces, 猫.png"))
    first, second, _ = terminal.written().split("\r\n")
    assert second == "with spaces, 猫.png"
    assert first.isascii()
    assert first.isprintable()
    read_back = subprocess.run(["bash", "-c", f"printf %s {first}"], capture_output=True, check=True)
    assert read_back.stdout == os.fsencode(HOSTILE)


@pytest.mark.parametrize("name", ["dog.png", "it's.png", "a b\\c.png", "猫.png", "*.png"])
def test_name_that_only_shows_stays_as_it_is(name):
    assert shell_quoted(name) == name


def test_name_that_looks_quoted_is_quoted():
    assert shell_quoted("$'a'") == r"$'$\'a\''"


def test_names_are_printed_byte_for_byte_where_no_terminal_is(scorecam, photo, tiny_model):
    odd = photo.parent / HOSTILE.replace("\udcff", "")
    photo.rename(odd)
    explain = ["explain", odd, "-m", tiny_model, "-c", 1]
    on_lines = scorecam(*explain).out
    assert on_lines.startswith(f"{odd}.scorecam-1-heatmap.png\n{odd}")
    done = scorecam(*explain, "-0")
    assert done.out == on_lines.replace(".png\n" + str(odd), ".png\0" + str(odd)).removesuffix("\n") + "\0"
    assert [Path(path).is_file() for path in done.out.split("\0")[:-1]] == [True] * 3


def test_page_is_named_with_nul_as_well(scorecam, photo, tmp_path):
    done = scorecam("report", photo, "-0", "-o", tmp_path / "page.html")
    assert done.out == f"{tmp_path / 'page.html'}\0"


@pytest.mark.parametrize("command", ["explain", "compare", "evaluate"])
def test_nul_and_objects_exclude_each_other(scorecam, photo, command):
    done = scorecam(command, photo, "--print0", "--json")
    assert (done.code, done.out) == (2, "")
    assert "--print0 is for paths and --json prints objects" in done.err
