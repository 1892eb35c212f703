"""The rules S1 to S6, as the suite for clients in any language checks them."""

import subprocess
import sys

from conftest import HERE, binary


def test_the_example_conforms() -> None:
    example = HERE.parent / "examples" / "mean.py"
    command = [binary("conformance"), "--", sys.executable, str(example)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
