"""`scs body ask`: what one modelled patient says of a program, unasked and asked."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from scs.cli.body_felt import HONESTY, add_patient_options, felt_sense
from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

if TYPE_CHECKING:
    from scs.body.sensation import Felt, Sense
    from scs.body.speech import Answer, Speaker

QUESTIONS = {
    "where": "where do you feel it?",
    "strength": "how strong is it, from 0 to 10?",
    "pain": "how bad is the pain, from 0 to 10?",
}


def add_ask_parser(verbs: Any) -> None:
    """Add `ask` to `scs body`."""
    parser = verbs.add_parser(
        "ask",
        help="what a patient says of a program, in plain words",
        description="One modelled patient remarks on a program that is switched on, and answers. The same seed and the "
        "same questions give the same answers; who is asked too often loses patience.",
        epilog=f"{HONESTY}. {FOOTER}",
    )
    add_patient_options(parser)
    parser.add_argument(
        "--question", nargs="+", choices=tuple(QUESTIONS), default=["where", "strength"], metavar="QUESTION",
        help="where, strength or pain, as often as you like; where and strength if not given",
    )  # fmt: skip
    parser.add_argument("--indication", default="fbss", metavar="ID", help="of the pain: fbss if not given, pdn, crps")
    parser.add_argument("--hours", type=float, default=24.0, metavar="N", help="of therapy before it (default: 24)")
    parser.add_argument("--language", default="en", metavar="CODE", help="en if not given, or de")
    parser.set_defaults(run=run_ask)


def run_ask(arguments: Namespace) -> int:
    """Print the remark and every answer."""
    from scs.body.pain import indications
    from scs.body.speech import Speaker
    from scs.errors import BadPrescription, BadQuantity

    if arguments.indication not in indications():
        known = ", ".join(indications())
        raise BadPrescription(f'--indication: there is no "{arguments.indication}"; choose from {known}')
    if not 0 <= arguments.hours <= 1_000_000:
        raise BadQuantity(f"--hours: {arguments.hours:g} is none of 0 to 1,000,000 hours; correct it")
    sense, amplitude_ma = felt_sense(arguments)
    felt, speaker = sense.feel(amplitude_ma), Speaker(arguments.seed, arguments.language)
    remark = speaker.notice(felt)
    said: list[tuple[str, Answer]] = [("", remark)] if remark else []
    for question in arguments.question:
        said.append((question, _answered(question, speaker, felt, arguments, sense, amplitude_ma)))
    if arguments.json:
        rows = [{"question": asked or None, "words": one.words, "score": one.score} for asked, one in said]
        fields = {"seed": arguments.seed, "amplitude_ma": round(amplitude_ma, 3), "said": rows, "note": HONESTY}
        print(json.dumps(fields, indent=2, ensure_ascii=False))
    else:
        lines = [f"{QUESTIONS.get(asked, ''):38} {one.words}" for asked, one in said]
        print("\n".join([f"patient {arguments.seed} at {amplitude_ma:g} mA", *lines, "", f"{HONESTY}.", FOOTER]))
    return ExitCode.OK


def _answered(
    question: str, speaker: Speaker, felt: Felt, arguments: Namespace, sense: Sense, amplitude_ma: float
) -> Answer:
    from scs.body.pain import Pain, drive, mechanism_of, sufferer

    if question == "where":
        return speaker.where(felt)
    if question == "strength":
        return speaker.how_strong(felt)
    course = Pain(sufferer(arguments.indication, arguments.seed))
    drives = drive(sense, amplitude_ma, tuple(course.sufferer.baseline))
    course.pass_time(arguments.hours, drives, mechanism_of(sense.program))
    return speaker.pain(course.score())
