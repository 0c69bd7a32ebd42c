"""What every test may use: the folder of recorded market data, and the depth of the property tests."""

import os
import signal
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

DATA = Path(os.environ.get("LUMINA_TEST_DATA") or ROOT.parent / "shared" / "data")
if DATA.is_dir():  # for the commands that tests run
    os.environ["LUMINA_TEST_DATA"] = str(DATA.resolve())

# A shell's background job ignores Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `ci` is the default: the same examples in every run. `long` looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of recorded market data: $LUMINA_TEST_DATA, default ../shared/data beside the checkout."""
    if not DATA.is_dir():
        pytest.skip(f"no recorded market data in {DATA}: set LUMINA_TEST_DATA")
    return DATA.resolve()
