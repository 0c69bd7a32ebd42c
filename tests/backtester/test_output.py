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


def run_into(folder, cwd, *options):
    command = ["-m", "lumina.backtester", "--set", "market.hours=0.01", "--set", "report.picture=off", "--quiet"]
    return subprocess.run(
        [sys.executable, *command, "--out", folder, *options], cwd=cwd, capture_output=True, text=True
    )


def test_files_of_a_run_keep_their_modes_and_a_linked_folder_its_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    assert run_into("link", tmp_path).returncode == 0
    (tmp_path / "there" / "fills.csv").chmod(0o640)
    (tmp_path / "there" / "report.png").touch()  # of a former run, with a picture
    before = (tmp_path / "there" / "fills.csv").read_bytes()
    assert run_into("link", tmp_path, "--seed", "2").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "there" / "fills.csv").stat().st_mode) == 0o640
    assert (tmp_path / "there" / "fills.csv").read_bytes() != before
    assert not (tmp_path / "there" / "report.png").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]
    assert not [path for path in (tmp_path / "there").iterdir() if path.name.startswith(".")]


def test_a_file_that_is_a_folder_is_refused_before_the_run(tmp_path):
    (tmp_path / "run" / "fills.csv").mkdir(parents=True)
    done = run_into("run", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run: fills.csv is no file: name another folder" in done.stderr
