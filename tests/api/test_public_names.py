"""What `import scorecam_cli` offers, and what it does not load."""

import os
import subprocess
import sys

import scorecam_cli


def test_names_offered_are_exactly_those_that_are_public():
    assert dir(scorecam_cli) == sorted(scorecam_cli.__all__)
    for name in (*scorecam_cli.__all__, "Classifier"):
        assert getattr(scorecam_cli, name) is not None


def test_import_tab_and_a_look_at_each_name_load_no_tensorflow(tmp_path):
    program = (
        "import sys, scorecam_cli\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.user_ns['scorecam_cli'] = scorecam_cli\n"
        "for jedi in (True, False):\n"
        "    shell.Completer.use_jedi = jedi\n"
        "    with provisionalcompleter():\n"
        "        found = [each.text for each in shell.Completer.completions('scorecam_cli.', 13)]\n"
        "    offered = {each.removeprefix('.') for each in found}\n"
        "    assert offered == {name for name in dir(scorecam_cli) if '__' not in name}, (jedi, offered)\n"
        "for name in scorecam_cli.__all__:\n"
        "    getattr(scorecam_cli, name)\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
