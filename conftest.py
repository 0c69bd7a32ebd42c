"""`pytest --benchmark-only` without a path runs the benchmarks, plain `pytest` the tests: one collects nothing of the
other."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Where nobody named a path, the benchmarks take the tests' place."""
    asked_for = getattr(config.option, "benchmark_only", False)
    if asked_for and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.args = [str(config.rootpath / "bench")]
