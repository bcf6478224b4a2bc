"""The pytest plugin of the conformance suite, loaded by every pytest that finds this package: so it stays light.

`pytest --scs-target ADDRESS` with no paths runs the suite instead of the project's own tests; with paths, the fixture
`scs_target` gives a project's own tests the implant to speak to. What is heavy is imported once a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from scs.domain.profile import DeviceProfile
    from scs.testing.conformance.runner import Runner, Settings
    from scs.testing.report import Result
    from scs.testing.target import Target

SUITE = Path(__file__).parent / "conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("scs", "stimulator conformance (a software model, never for clinical use)")
    group.addoption("--scs-target", metavar="ADDRESS", help="sim:, pty:PATH, /dev/ttyUSB0, tcp:HOST:PORT")
    group.addoption("--scs-profile", metavar="ID|FILE", help="the limits that the implant should have")
    group.addoption("--scs-budget", default="60s", metavar="TIME", help="how long the suite may take (default: 60s)")
    group.addoption("--scs-dummy-load", action="store_true", help="a resistor is connected, so it may stimulate")
    group.addoption("--scs-seed", type=int, default=1, metavar="N", help="of everything that is chance (default: 1)")
    group.addoption("--scs-traces", default="scs-traces", metavar="DIR", help="where the traces of failures go")
    group.addoption("--scs-report-json", metavar="FILE", help="write the report of the suite as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """With a target and no paths, what is meant is the suite."""
    if config.getoption("--scs-target") and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(SUITE)]


@pytest.fixture(scope="session")
def scs_settings(pytestconfig: pytest.Config) -> Settings:
    """What the options say."""
    from scs.clock import Duration
    from scs.domain.units import TIME, parse_quantity
    from scs.errors import ScsError
    from scs.testing.conformance.runner import Settings

    option = pytestconfig.getoption
    try:
        return Settings(
            target=option("--scs-target") or "sim:",
            profile=_profile(option("--scs-profile")) if option("--scs-profile") else None,
            budget=Duration(parse_quantity(option("--scs-budget"), TIME)),
            has_dummy_load=option("--scs-dummy-load"),
            seed=option("--scs-seed"),
            traces=option("--scs-traces"),
        )
    except ScsError as error:
        raise pytest.UsageError(str(error)) from error


def _profile(name: str) -> DeviceProfile:
    """A shipped profile by its id, or one from a TOML file."""
    from scs.domain.profile import find_profile, parse_profile, profile_ids
    from scs.errors import BadFile

    if name in profile_ids() or not Path(name).suffix:
        return find_profile(name)
    try:
        return parse_profile(Path(name).read_text(encoding="utf-8"), name)
    except OSError as error:
        raise BadFile(name, (f"cannot be opened: {error.strerror or error}; check the path",)) from error


@pytest.fixture(scope="session")
def scs_runner(scs_settings: Settings, pytestconfig: pytest.Config) -> Iterator[Runner]:
    """What makes the checks, on one target for the whole session."""
    from scs.errors import ScsError
    from scs.testing.conformance.runner import Runner, open_for

    try:
        target = open_for(scs_settings)
    except ScsError as error:
        raise pytest.UsageError(f"--scs-target: {error}") from error
    with Runner(scs_settings, target) as runner:
        yield runner


@pytest.fixture
def scs_target(scs_settings: Settings) -> Iterator[Target]:
    """An implant for a project's own tests: a new one on the emulated target, the connected one on hardware."""
    from scs.testing.conformance.runner import open_for

    target = open_for(scs_settings)
    try:
        yield target
    finally:
        target.close()


@pytest.fixture
def scs_try_program(scs_settings: Settings) -> Callable[[str | Path], None]:
    """Tries one program file on the target: judged, written, delivered as prescribed, off at once.

    An emulated implant has the leads and, where no other is asked for, the profile that the file names.
    """
    from scs.domain.profile import find_profile
    from scs.domain.program_file import parse_program_file
    from scs.domain.program_text import write_program_file
    from scs.errors import BadFile
    from scs.testing.checks.check import NotEvaluated
    from scs.testing.checks.speaker import Failed
    from scs.testing.conformance.runner import open_for
    from scs.testing.program_trial import try_program

    def attempt(path: str | Path) -> None:
        try:
            file = parse_program_file(str(path), Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise BadFile(str(path), (f"cannot be opened: {error.strerror or error}; check the path",)) from error
        asked = scs_settings.profile or find_profile(file.profile_id or "reference")
        target = open_for(replace(scs_settings, profile=asked))
        said = skipped = ""
        try:
            try_program(target, file)
        except NotEvaluated as reason:
            skipped = f"not evaluated: {reason}"
        except Failed as failure:
            shown = "" if failure.group is None else "\n\n" + write_program_file(replace(file, group=failure.group))
            said = f"{path}: {failure.sentence}{shown}"
        finally:
            target.close()
        # Out here, so that the sentence stands alone and not behind the exception that brought it.
        if skipped:
            pytest.skip(skipped)
        if said:
            pytest.fail(said, pytrace=False)

    return attempt


RESULTS = pytest.StashKey[list["Result"]]()


@pytest.fixture(scope="session")
def scs_results(pytestconfig: pytest.Config) -> list[Result]:
    """Where the suite's tests leave what they found, for the report at the end."""
    return pytestconfig.stash.setdefault(RESULTS, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A line for each check, beneath pytest's own."""
    results = config.stash.get(RESULTS, [])
    if not results:
        return
    from scs.testing.report import said

    terminalreporter.section("conformance")
    for result in results:
        cases = f"{result.cases:>8,} cases"
        terminalreporter.line(f"{result.outcome.value:<14}{result.id:<28}{cases}  {', '.join(result.requirements)}")
        terminalreporter.line(f"{'':<14}{said(result)}")
    terminalreporter.line(f"{sum(result.cases for result in results):,} cases; what was not evaluated is no pass")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the JSON report where one is asked for."""
    config = session.config
    path, results = config.getoption("--scs-report-json", None), config.stash.get(RESULTS, [])
    if not path or not results:
        return
    from scs import __version__
    from scs.testing.report import Run, as_json

    option = config.getoption
    took = sum(result.milliseconds for result in results)
    target, profile = option("--scs-target") or "sim:", option("--scs-profile") or ""
    run = Run(target, profile, option("--scs-seed"), tuple(results), took, __version__)
    Path(path).write_text(as_json(run), encoding="utf-8")
