"""README.md and docs/ say what the command says.

`make docs`, or `python -m tests.test_readme` from the project's root, writes the present help into them.
"""

import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scorecam_cli.cli.app import cli
from scorecam_cli.config import ExplainConfig, ModelSettings
from scorecam_cli.dependence import CHANGES_THE_RESULT
from scorecam_cli.figures.kinds import KINDS
from scorecam_cli.files import small_files
from scorecam_cli.manifest import Manifest, NotedClass
from scorecam_cli.models.catalogue import catalogue
from scorecam_cli.saliency.methods import METHODS
from tests.test_architecture import ROOMS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
HELP_PAGE = DOCS / "commands.md"
AGAIN = "`make docs` (or `python -m tests.test_readme`) writes the present help into docs/commands.md"

TABLE = re.compile(r"<!-- table: ([\w-]+) -->\n(?:\|.*\n)*")
BLOCK = re.compile(r"<!-- help: ?([\w-]*) -->\n(?:```text\n.*?\n```\n)?", re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
WIDTH = 100
SHARED = "shared"  # the block of the options that these have in common
SHARING = ("explain", "predict", "compare", "evaluate")
OWN = {"--help", "--version"}


def page_names():
    return [str(page.relative_to(ROOT)) for page in PAGES]


def text_of(page):
    return page.read_text("utf-8")


def prose_of(page):
    """A page without its help blocks."""
    return BLOCK.sub("", text_of(page))


# Help blocks


def shared_options():
    """The options that read the same in the help of each command that takes photos."""
    context = click.Context(cli)
    records = [
        {each.name: each.get_help_record(context) for each in cli.commands[name].params if is_option(each)}
        for name in SHARING
    ]
    return {name for name, record in records[0].items() if all(each.get(name) == record for each in records)}


def is_option(param):
    return isinstance(param, click.Option)


def help_text(command, hidden=()):
    """What `scorecam COMMAND --help` prints, 100 columns wide, without some of the options."""
    params = [each for each in (cli.commands[command].params if command else ()) if each.name in hidden]
    before = [each.hidden for each in params]
    try:
        for each in params:
            each.hidden = True
        arguments = [*filter(None, (command,)), "--help"]
        result = CliRunner().invoke(cli, arguments, prog_name="scorecam", terminal_width=WIDTH)
    finally:
        for each, was in zip(params, before, strict=True):
            each.hidden = was
    assert result.exit_code == 0, result.output
    return result.output.rstrip()


def shared_text():
    """The lines of the help that tell of the shared options."""
    every = {each.name for each in cli.commands[SHARING[0]].params if is_option(each)}
    text = help_text(SHARING[0], every - shared_options())
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line and not line.startswith((" ", "Usage")))
    return "\n".join(lines[first : lines.index("Other:")]).rstrip()


def block(name):
    """What stands in the docs under one marker."""
    if name == SHARED:
        return f"<!-- help: {SHARED} -->\n```text\n{shared_text()}\n```\n"
    hidden = shared_options() if name in SHARING else ()
    command = " ".join(filter(None, ("scorecam", name, "--help")))
    return f"<!-- help: {name} -->\n```text\n$ {command}\n{help_text(name, hidden)}\n```\n".replace("help:  ", "help: ")


# Tables of what the program knows by name


def models_table():
    """The named models, as `scorecam models` lists them."""
    yield "model", "input", "parameters", "target layer", "grid", "channels", "preparation"
    for each in catalogue():
        grid = f"{each.h} x {each.w}"
        size, parameters = f"{each.size} x {each.size}", f"{each.parameters / 1e6:.1f} M"
        yield f"`{each.name}`", size, parameters, f"`{each.layer}`", grid, str(each.channels), f"`{each.preparation}`"


def small_files_table():
    yield ["file", "most that is read, MiB"]
    for each in vars(small_files).values():
        if isinstance(each, small_files.Kind):
            yield [f"`{each.called}`" if each.called.startswith("-") else each.called, str(each.most_bytes // 2**20)]


def output_kinds_table():
    yield ["`--save`", "file", "what it shows"]
    for each in KINDS.values():
        yield [f"`{each.name}`", f"`dog.jpg.scorecam-242{each.ending}`", each.summary]


def methods_table():
    """What is known of each method, as `scorecam methods` lists it."""
    yield "`--method`", "what it is", "passes of the model", "needs", "source"
    for each in METHODS.values():
        needs = ", ".join(sorted(each.needs))
        yield f"`{each.name}`", each.summary, each.passes, needs, str(each.source or "")


def settings_table():
    """What a result of `explain` depends on, as a manifest names it, beside the option that sets it."""
    yield "setting", "option"
    options = {each.name: each.opts[-1] for each in cli.commands["explain"].params}
    for name in CHANGES_THE_RESULT[ExplainConfig]:
        for each in CHANGES_THE_RESULT[ModelSettings] if name == "model" else (name,):
            yield f"`{each}`", f"`{options[each]}`"


TABLES = {
    "methods": methods_table,
    "settings": settings_table,
    "models": models_table,
    "output-kinds": output_kinds_table,
    "small-files": small_files_table,
}


def table(name):
    rows = list(TABLES[name]())
    rows.insert(1, ["---"] * len(rows[0]))
    return f"<!-- table: {name} -->\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def filled(text):
    return TABLE.sub(lambda found: table(found[1]), BLOCK.sub(lambda found: block(found[1]), text))


def test_help_in_the_docs_is_the_help_of_the_commands():
    assert {found[1] for found in BLOCK.finditer(text_of(HELP_PAGE))} == {"", SHARED, *cli.commands}
    for page in PAGES:
        assert filled(text_of(page)) == text_of(page), f"{page.name}: {AGAIN}"


def test_options_told_once_are_of_each_command_that_shares_them():
    shared = shared_options()
    assert {"recursive", "model", "device"} <= shared
    for name in SHARING:
        assert shared <= {each.name for each in cli.commands[name].params}


# Options, commands, links, messages


def known_options():
    params = [each for command in cli.commands.values() for each in command.params]
    return {name for each in params for name in (*each.opts, *each.secondary_opts)} | OWN


# Options of other programs that the pages name.
CLUSTERS = {"--jobs", "--joblog", "--resume-failed", "--sshlogin", "--array", "--job-name", "--cpus-per-task", "--mem"}
CLUSTERS |= {"--requeue", "--nonblock", "--conflict-exit-code"}
CLUSTERS |= {"--rm", "--network", "--user", "--read-only", "--tmpfs", "--cap-drop", "--security-opt"}
FOREIGN = {"--editable", "--files", "--photos", "--models", "--rounds", "--count", "--seed", "--durations", *CLUSTERS}
FOREIGN |= {"--contestants"}


@pytest.mark.parametrize("page", page_names())
def test_every_option_named_exists(page):
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", prose_of(ROOT / page)))
    assert named - known_options() - FOREIGN == set()


def commands_of(page):
    """Each `$ scorecam ...` line of the page's console blocks, as words."""
    for console in re.findall(r"```console\n(.*?)```", prose_of(page), re.S):
        for line in console.replace("\\\n", " ").splitlines():
            if line.startswith("$") and "scorecam " in line:
                yield shlex.split(line[line.index("scorecam ") :], comments=True)


@pytest.mark.parametrize("page", page_names())
def test_every_command_line_is_one_that_the_program_understands(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in commands_of(ROOT / page):
        make_files_named(words)
        if words[1].startswith("-"):
            continue
        try:
            cli.commands[words[1]].make_context(f"scorecam {words[1]}", words[2:])
        except click.UsageError as error:
            pytest.fail(f"{' '.join(words)}: {error.format_message()}")


def make_files_named(words):
    """The reader's files: whatever has an ending, and folders."""
    for word in words[1:]:
        if re.fullmatch(r"[\w./-]+/", word):
            Path(word).mkdir(parents=True, exist_ok=True)
        elif re.fullmatch(r"[\w./-]*\w\.[a-z]\w+", word):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()


def anchors_of(text):
    """What a heading can be reached by, as GitHub makes it."""
    found = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", page_names())
def test_links_lead_somewhere(page):
    for link in LINK.findall(prose_of(ROOT / page)):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(text_of(target)), link


def test_each_page_is_linked_from_the_readme():
    linked = {link.partition("#")[0] for link in LINK.findall(text_of(README))}
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= linked


def test_no_link_on_the_package_index_leads_to_a_file_that_is_not_there():
    """The index shows README.md alone; the rules are those that the build applies."""
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["hatch"]["metadata"]["hooks"][
        "fancy-pypi-readme"
    ]
    text = text_of(README)
    assert "](docs/" in text
    assert "](sample_images/" in text
    for rule in settings["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"], text)
    links = LINK.findall(text)
    assert links
    assert all(link.startswith("https://") for link in links)


def test_messages_under_troubleshooting_are_those_of_the_program():
    messages = re.findall(r"^\| `([^`]+)`", text_of(DOCS / "troubleshooting.md"), re.M)
    source = "".join(path.read_text("utf-8") for path in (ROOT / "scorecam_cli").rglob("*.py"))
    source = re.sub(r"\{[^{}]*\}", "{}", re.sub(r'"\s*\n\s*f?"', "", source).replace("`", ""))
    assert len(messages) >= 8
    for message in messages:
        for part in re.split(r"VGG16| \.\.\. | \d+ ", message):
            assert part.strip() in source, message


def test_each_field_of_a_manifest_is_explained():
    page = text_of(DOCS / "manifest.md")
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    explained = set(re.findall(r"`(\w+)`", rows))
    assert {field.name for record in (Manifest, NotedClass) for field in fields(record)} - explained == set()


def test_rooms_are_those_that_the_import_test_knows():
    page = text_of(DOCS / "developing.md")
    told = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.M)
    assert told == [room for room in ROOMS if room != "__main__"]


def test_files_named_under_developing_exist():
    page = text_of(DOCS / "developing.md")
    named = re.findall(r"(?<![\w.])((?:[a-z_]+/)+(?:[a-z_]+\.\w+)?)(?![\w*])", re.sub(r"\]\([^)]*\)", "", page))
    assert len(named) > 40
    for name in named:
        places = (ROOT / name, ROOT / "scorecam_cli" / name)
        assert any(place.exists() for place in places) or name.startswith("demo"), name


def test_readme_is_read_in_five_minutes():
    """1,200 words outside code, at 240 a minute."""
    prose = re.sub(r"```.*?```", "", text_of(README), flags=re.S)
    assert len(prose.split()) < 1200
    assert len(text_of(README).splitlines()) <= 150


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(filled(text_of(each)), "utf-8")
