"""What the folder of a run takes the place of."""

import stat
import subprocess
import sys


def test_a_folder_keeps_its_mode(tmp_path):
    command = ["-m", "lumina.backtester", "--set", "market.hours=0.01", "--set", "report.picture=off", "--quiet"]
    run = [sys.executable, *command, "--out", "run"]
    subprocess.run(run, cwd=tmp_path, check=True)
    (tmp_path / "run").chmod(0o750)
    subprocess.run(run, cwd=tmp_path, check=True)
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o750
