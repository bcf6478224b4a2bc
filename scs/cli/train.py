"""`scs train`: scenarios with a virtual patient: list them, run them, report on them, and prove that they are sound."""

from __future__ import annotations

import json
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns, paragraphs
from scs.cli.train_live import add_live_parser
from scs.cli.train_report import add_report_parser, keep_result, write_text
from scs.cli.train_watch import add_watch_parser

if TYPE_CHECKING:
    from scs.cli.train_live import Call
    from scs.training.scenario import Scenario
    from scs.training.scoring import Result

EXAMPLES = """\
examples:
  scs train list
  scs train list first-fbss                   what a trainee is told before
  scs train run first-fbss                    on the programmer's screens; --typed: step by step
  scs train run first-fbss --script mine.toml --save mine.json
  scs train run fractured-lead --expert       how an expert does it
  scs train live first-fbss --link tcp:127.0.0.1:4000 --door /tmp/room
  scs train watch /tmp/room                   the instructor's desk; --web: in a browser tab
  scs train watch /tmp/room rewind name=begin
  scs train report --csv class.csv            everybody in the book of sessions; `last`: the last one in full
  scs train lint                              prove every scenario solvable and failable"""


def add_parser(subparsers: Any) -> None:
    """Add `train` to the command line."""
    parser = subparsers.add_parser(
        "train",
        help="train on a virtual patient, and be scored",
        description=f"Scenarios that join an emulated implant and a modelled patient.\n\n{EXAMPLES}",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=FOOTER,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the scenarios that there are, or all of one", epilog=FOOTER)
    listing.add_argument("scenario", nargs="?", metavar="SCENARIO", help="one of them: its task, patient and history")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(run=run_list)
    _add_run(verbs)
    add_live_parser(verbs)
    add_watch_parser(verbs)
    add_report_parser(verbs)
    lint = verbs.add_parser("lint", help="prove that the expert passes and the careless trainee fails", epilog=FOOTER)
    lint.add_argument("files", nargs="*", metavar="FILE", help="scenario files; those that come along if not given")
    lint.add_argument("--json", action="store_true", help="print one JSON object")
    lint.set_defaults(run=run_lint)


def _add_run(verbs: Any) -> None:
    parser = verbs.add_parser("run", help="run a session, typed or from a script, and score it", epilog=FOOTER)
    parser.add_argument("scenario", metavar="SCENARIO", help="an id of scs train list, or a scenario file")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--script", metavar="FILE", help="a trainee's script (format scs-trainee/1)")
    how.add_argument("--expert", action="store_true", help="do what the scenario's expert does")
    how.add_argument("--careless", action="store_true", help="do what the scenario's careless trainee does")
    how.add_argument("--screens", action="store_true", help="in real time, on the screens of the programmer")
    how.add_argument("--typed", action="store_true", help="a step a line; so too where there is no terminal")
    parser.add_argument("--trainee", default="trainee", metavar="NAME", help="who is scored, for the class list")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (default: 1)")
    parser.add_argument("--language", default="en", metavar="CODE", help="that the patient speaks: en, de")
    parser.add_argument("--save", metavar="FILE", help="keep the result for scs train report")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_session)


def run_list(arguments: Namespace) -> int:
    """Print every scenario, or what a trainee is told of one."""
    from scs.training.debrief import briefing
    from scs.training.scenario import find_scenario, scenario_ids

    if arguments.scenario is not None:
        one = chosen_scenario(arguments.scenario)
        told = list(briefing(one))
        print(
            json.dumps({"id": one.id, "told": told}, indent=2)
            if arguments.json
            else "\n".join([*paragraphs(told), FOOTER])
        )
        return ExitCode.OK
    scenarios = [find_scenario(name) for name in scenario_ids()]
    if arguments.json:
        fields = [{"id": s.id, "title": s.title, "task": s.task, "profile": s.device.profile} for s in scenarios]
        print(json.dumps({"scenarios": fields}, indent=2))
    else:
        print("\n".join(columns(("scenario", "what it is"), [[s.id, s.title] for s in scenarios], Paint())))
        print(FOOTER)
    return ExitCode.OK


def run_session(arguments: Namespace) -> int:
    """Run one session and print its debrief; OK when it passed."""
    from scs.training.debrief import debrief

    scenario = chosen_scenario(arguments.scenario)
    fields = _session_fields(arguments, scenario)
    if arguments.save is not None:
        write_text(arguments.save, json.dumps(fields, indent=2) + "\n")
    if arguments.json:
        print(json.dumps(fields, indent=2))
    else:
        print("\n".join([*debrief(fields, scenario.expert), FOOTER]))
    return ExitCode.OK if fields["is_passed"] else ExitCode.BLOCKED


def _session_fields(arguments: Namespace, scenario: Scenario) -> dict[str, Any]:
    """The result of the session that was asked for: from a script, on screens or typed."""
    import sys

    from scs.cli.given_files import read_text
    from scs.training.debrief import result_fields
    from scs.training.scoring import run_script
    from scs.training.steps import parse_script

    is_scripted = arguments.script is not None or arguments.expert or arguments.careless
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if arguments.screens or (has_terminal and not is_scripted and not arguments.typed):
        from scs.cli.train_live import run_on_screens

        _brief(scenario)
        return run_on_screens(arguments, lambda call: _write_up(scenario, call))
    if arguments.script is not None:
        steps = parse_script(arguments.script, read_text(arguments.script)).step
        result = run_script(scenario, steps, arguments.seed, arguments.language)
    elif is_scripted:
        steps = scenario.expert if arguments.expert else scenario.careless
        result = run_script(scenario, steps, arguments.seed, arguments.language)
    else:
        result = _typed(scenario, arguments.seed, arguments.language)
    fields = result_fields(result, arguments.trainee, arguments.seed)
    keep_result(fields)
    return fields


def _brief(scenario: Scenario) -> None:
    """What a trainee has to know before the screens cover it; H on the patient's screen shows it again."""
    from scs.training.debrief import briefing
    from scs.training.scoring import RUBRIC

    print("\n".join(paragraphs([*briefing(scenario), "", RUBRIC, ""])))
    try:
        input("Enter begins; F8 in the programmer lists the patient's screen. ")
    except EOFError:
        print()


def _write_up(scenario: Scenario, call: Call) -> None:
    """The paperwork after a visit on the screens: what was found, and a line for each topic of the record."""
    from typing import get_args

    from scs.errors import Unreadable
    from scs.training.steps import Topic

    def answer(question: str) -> str:
        try:
            return input(question).strip()
        except EOFError:
            return ""

    print(f"What was found? {'; '.join(scenario.findings)}")
    for asked, key in [
        ({"do": "find"}, "finding"),
        *(({"do": "record", "topic": t}, "words") for t in get_args(Topic)),
    ]:
        words = answer(f"{asked.get('topic', 'finding')} (empty to leave out): ")
        if words:
            try:
                call({**asked, key: words})
            except Unreadable as error:
                print(error)


def run_lint(arguments: Namespace) -> int:
    """Prove each scenario; BLOCKED when one is not sound."""
    from scs.training.lint import lint
    from scs.training.scenario import find_scenario, scenario_ids

    given = [chosen_scenario(path) for path in arguments.files] or [find_scenario(name) for name in scenario_ids()]
    found = {scenario.id: lint(scenario) for scenario in given}
    if arguments.json:
        print(json.dumps({"problems": found}, indent=2))
    else:
        for name, problems in found.items():
            print("\n".join([f"{name}: {'sound' if not problems else 'not sound'}", *(f"  {p}" for p in problems)]))
        print(FOOTER)
    return ExitCode.BLOCKED if any(found.values()) else ExitCode.OK


def chosen_scenario(name: str) -> Scenario:
    """By the name of a file that ends in .toml, or by its id."""
    from scs.cli.given_files import read_text
    from scs.training.scenario import find_scenario, parse_scenario

    return parse_scenario(name, read_text(name)) if name.endswith(".toml") else find_scenario(name)


def _typed(scenario: Scenario, seed: int, language: str) -> Result:
    """A session that is typed, a step a line, until `done` or the end of input."""
    import sys

    from scs.errors import Unreadable
    from scs.training.debrief import briefing, stamp
    from scs.training.scoring import RUBRIC, conclude
    from scs.training.steps import USAGES
    from scs.training.trainee import Trainee
    from scs.training.typed import parse_step
    from scs.training.world import World

    trainee = Trainee(World(scenario, seed, language))
    hints = list(scenario.hints)
    print("\n".join(paragraphs([*briefing(scenario), "", RUBRIC, "", "Type help, a step, hint, or done.", FOOTER])))
    told = 0
    while True:
        told = _tell_new(trainee, told)
        print(f"{stamp(trainee.world.at_us)}> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line or line.strip() == "done":
            return conclude(trainee)
        if not line.strip() or line.strip() in ("help", "hint"):
            shown = hints.pop(0) if hints else "there are no more hints"
            usages = [[verb, " ".join([*use.needs, *(f"[{m}]" for m in use.may)]), use.sentence] for verb, use in
                      USAGES.items()]  # fmt: skip
            print(shown if line.strip() == "hint" else "\n".join(columns(("step", "told", "what"), usages, Paint())))
            continue
        try:
            trainee.do(parse_step(line))
        except Unreadable as error:
            print(error)


def _tell_new(trainee: Any, told: int) -> int:
    from scs.training.debrief import MARKS, stamp

    moments = trainee.world.course.moments
    for moment in moments[told:]:
        print(f"{MARKS[moment.kind]} {stamp(moment.at_us)} {moment.verb}: {moment.words}")
    return len(moments)
