"""How commands end: output that cannot be written, SIGTERM."""

import os
import signal
import subprocess
import sys

import pytest

import lumina

COMMANDS = {
    "help": ["lumina.data", "--help"],
    "backtester": ["lumina.backtester", "--set", "market.hours=0.01", "--quiet", "--json"],
    "data info": ["lumina.data", "info", "tape.lumina"],
    "data validate": ["lumina.data", "validate", "tape.lumina"],
    "data convert": ["lumina.data", "convert", "tape.lumina", "copy.lumina"],
    "research market": ["lumina.research", "market", "tape.lumina"],
    "doctor": ["lumina.doctor", "--seconds", "0"],
}


# as from a shell: output waits in a buffer until the end
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("command")
    lumina.EmbeddedMarket(seed=1, hours=0.05).record().save(path / "tape.lumina")
    return path


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_full_output_is_one_line(command, folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
    assert done.returncode == 1
    assert done.stderr == "error: output: No space left on device\n"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_reader_that_has_gone_is_no_news(command, folder):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, stdout=write, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_terminated_run_is_reported_as_an_interrupted_one(tmp_path):
    command = ["lumina.backtester", "--set", "market.hours=6.5", "--out", "out"]
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert "simulating" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        lines = process.stderr.read().splitlines()
    assert process.returncode == 143
    assert lines[-1].startswith("interrupted: ")
    assert not any("Traceback" in line for line in lines)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_closed_output_is_one_line(command, folder):
    shell = 'exec "$@" >&-'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "error: output: is closed\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize(
    "command",
    [
        ["lumina.data", "convert", "pipe.npy", "x", "--format", "hftbacktest", "--tick-size", "1", "--lot-size", "1"],
        ["lumina.data", "split", "pipe.itch", "stocks", "--date", "2020-01-02", "--format", "itch"],
        ["lumina.research", "market", "pipe.npy"],
    ],
    ids=lambda command: command[1],
)
def test_a_signal_leaves_one_line_and_nothing_behind(command, number, code, tmp_path):
    name = next(word for word in command if word.startswith("pipe"))
    os.mkfifo(tmp_path / name)
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT,
    )  # fmt: skip
    with open(tmp_path / name, "wb"):  # returns when the reader has opened
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, "", "interrupted: nothing was kept\n")
    assert [path for path in os.listdir(tmp_path) if path not in (name, "stocks")] == []
    assert not os.path.exists(tmp_path / "stocks") or os.listdir(tmp_path / "stocks") == []
