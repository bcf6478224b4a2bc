"""For each known-bad implant that judges, keeps or tells wrongly: how it shows, in a scene of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firmware_model.store import SLOT_SIZE
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import LogKind, Mode
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import EnterMri, EnterStorage, GetStatus, Identify, LeaveMri, Read, SetAmplitude, Stage, Start
from scs.wire.responses import Chunk, Committed, Done, Identity, RefusedReply, Staged, Status
from scs.wire.terms import ContactState, Object
from tests.support.bench_scene import Build, Scene
from tests.support.implants import a_group, a_program
from tests.support.speaker import new_op_id

PLAIN = a_group(a_program(ramp_us=0))
OTHER = a_group(a_program(ramp_us=0, amplitude_ua=1_000), name="G2")


def hot(amplitude_ua: int = 8_000, cathode: int = 3, **changes: object) -> Group:
    """8 mA for 500 µs on one contact of 12.25 mm²: charge density and Shannon ask to be acknowledged."""
    shares = {cathode: -1_000, 7: 1_000}
    return a_group(a_program(ramp_us=0, amplitude_ua=amplitude_ua, width_us=500, shares=shares, **changes))  # type: ignore[arg-type]


BLOCKED = hot(14_000)
"""57 µC/cm²: above the limit of 50."""


def _stages(group: Group, policy: str = "default", *, measured: bool = False) -> Callable[[Build], bool]:
    def shows(build: Build) -> bool:
        scene = Scene(build, policy)
        if measured:
            scene.measure()
        return isinstance(scene.stage(group), Staged)

    return shows


def _commits_hot_with(acknowledged: tuple[str, ...]) -> Callable[[Build], bool]:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        staged = scene.speaker.stage(hot())
        return isinstance(scene.ask(scene.speaker.commit_of(staged, acknowledged=acknowledged)), Committed)

    return shows


def _tries(amplitude_ua: int, before_ua: int) -> Callable[[Build], bool]:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.run(hot(before_ua))
        return isinstance(scene.ask(SetAmplitude(new_op_id(), 0, amplitude_ua, ())), Done)

    return shows


def _starts_on_a_broken_lead(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.bench.break_lead(3)
    scene.measure()
    return isinstance(scene.ask(Start(new_op_id(), 0)), Done)


def _stages_on_a_broken_lead(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.break_lead(3)
    scene.measure()
    return isinstance(scene.stage(PLAIN), Staged)


def _boots_silently(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(hot())
    scene.restart(policy="strict")
    return not scene.logged(LogKind.REQUEST_REFUSED, "boot: slot 0")


def _patient_reaches_too_far(build: Build) -> bool:
    return isinstance(Scene(build).stage(hot(2_000, patient=(0, 14_000))), Staged)


def _shows_staged(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.speaker.stage(OTHER)
    read = scene.speaker.ask(Read(Object.GROUP, 0, 0), Chunk)
    return read.digest != digest(encode_group(PLAIN))


def _takes_damaged(build: Build) -> bool:
    return isinstance(Scene(build).stage(PLAIN, announced=bytes(32)), Staged)


def _echoes(build: Build) -> bool:
    answer = Scene(build).stage(PLAIN, announced=bytes(32))
    return isinstance(answer, Staged) and answer.digest == bytes(32)


def _commits_former(build: Build) -> bool:
    scene = Scene(build)
    staged = scene.speaker.stage(PLAIN)
    data = encode_group(OTHER)
    scene.ask(Stage(1, 0, len(data), digest(data), data[:20]))
    return isinstance(scene.ask(scene.speaker.commit_of(staged, slot=1)), Committed)


def _commits(**wrong: object) -> Callable[[Build], bool]:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        commit = scene.speaker.commit_of(scene.speaker.stage(PLAIN))
        return isinstance(scene.ask(replace(commit, **wrong)), Committed)  # type: ignore[arg-type]

    return shows


def _tells_the_target(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(a_group())
    scene.speaker.start()
    told = scene.speaker.ask(GetStatus(), Status)
    return told.delivered_ua == told.targets_ua


def _refuses_silently(build: Build) -> bool:
    scene = Scene(build)
    assert isinstance(scene.ask(Start(new_op_id(), 5)), RefusedReply)
    return not scene.logged(LogKind.REQUEST_REFUSED)


def _acknowledges_silently(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(hot())
    return not scene.logged(LogKind.RULES_ACKNOWLEDGED)


def _broken_is_well(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.break_lead(3)
    return scene.measure().contacts[2][2] is ContactState.OK


def _measures_another(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.set_impedance(3, 777)
    return scene.measure().contacts[2][1] != 777


def _measures_once(build: Build) -> bool:
    scene = Scene(build)
    scene.measure()
    scene.bench.set_impedance(3, 777)
    return scene.measure().contacts[2][1] != 777


# ------------------------------------------------------------------------------------------------------- memory


def tripped(build: Build) -> Scene:
    """An implant whose interlocks have opened the switches: a pulse of 2 ms came past a bypassed gate."""
    scene = Scene(build)
    scene.bench.bypass_gate()
    scene.run(a_group(a_program(ramp_us=0, width_us=2_000)))
    return scene


def _forgets_its_latch(build: Build) -> bool:
    scene = tripped(build)
    scene.restart()
    return scene.speaker.status().mode is not Mode.SAFE


def _writes_over_its_latch(build: Build) -> bool:
    scene = tripped(build)
    for _ in range(1_100):
        scene.ask(Start(new_op_id(), 0))
    scene.restart()
    return scene.speaker.status().mode is not Mode.SAFE


def _believes_a_flipped_bit(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(a_group(name="Morning"))
    data = bytearray(scene.memory.data)
    data[data.index(b"Morning")] ^= 3
    scene.restart(memory=bytes(data))
    return scene.speaker.status().mode is not Mode.UNPROGRAMMED


def _goes_back(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.speaker.write(OTHER)
    scene.restart()
    return scene.speaker.status().generation != 2


def _loses_both(build: Build) -> bool:
    """The power goes when half of what a commit writes has been written."""
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    staged = scene.speaker.stage(OTHER)
    before = bytes(scene.memory.data)
    scene.ask(scene.speaker.commit_of(staged))
    after = bytes(scene.memory.data)
    changed = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    # The log lies behind the images, so the middle of what an image changed is where both are torn.
    cut = changed[len([place for place in changed if place < 131_072]) // 2]
    scene.restart(memory=after[:cut] + before[cut:])
    return scene.speaker.status().mode is Mode.UNPROGRAMMED


def _writes_next_door(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.restart()
    return scene.speaker.ask(Identify(), Identity).occupied != (0,)


def _stands_still(build: Build) -> bool:
    scene = Scene(build)
    return scene.speaker.write(PLAIN).generation == scene.speaker.write(OTHER).generation


def _starts_again_after_restart(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    start = Start(new_op_id(), 0)
    scene.ask(start)
    scene.restart()
    scene.ask(start)
    return scene.speaker.status().mode is Mode.THERAPY


def _numbers_again(build: Build) -> bool:
    scene = Scene(build)
    newest = scene.log()[-1][0]
    scene.restart()
    return next(number for number, kind, _ in reversed(scene.log()) if kind is LogKind.POWER_ON) <= newest


def _kept(build: Build, order: EnterMri | EnterStorage) -> Scene:
    """An implant with a group, in a mode in which it must not stimulate."""
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.speaker.ask(order, Done)
    return scene


def _forgets_mri(build: Build) -> bool:
    scene = _kept(build, EnterMri(new_op_id()))
    scene.restart()
    return scene.speaker.status().mode is not Mode.MRI


def _leaves_mri_when_damaged(build: Build) -> bool:
    """Either image is damaged in turn: the other one still knows."""
    scene = _kept(build, EnterMri(new_op_id()))
    whole = bytes(scene.memory.data)
    modes: list[Mode] = []
    for image in (0, 1):
        data = bytearray(whole)
        data[image * SLOT_SIZE + 20] ^= 3
        scene.restart(memory=bytes(data))
        modes.append(scene.speaker.status().mode)
    return modes != [Mode.MRI, Mode.MRI]


def _starts_from(order: type[EnterMri] | type[EnterStorage]) -> Callable[[Build], bool]:
    return lambda build: isinstance(_kept(build, order(new_op_id())).ask(Start(new_op_id(), 0)), Done)


def _enters_mri_running(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.ask(EnterMri(new_op_id()))
    return scene.speaker.status().mode is Mode.MRI and bool(scene.pulses(200))


def _keeps_mri_from_others(build: Build) -> bool:
    scene = _kept(build, EnterMri(new_op_id()))
    scene.restart()
    return isinstance(scene.ask(LeaveMri(new_op_id())), RefusedReply)


def _wakes_on_a_trickle(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.bench.set_battery(0)
    scene.speaker.keep_alive(Duration.of_s(2))
    scene.bench.set_battery(2)
    scene.speaker.keep_alive(Duration.of_s(2))
    return scene.speaker.status().mode is not Mode.DEPLETED


JUDGEMENT: dict[str, Callable[[Build], bool]] = {
    "gate-skipped-at-stage": _stages(BLOCKED),
    "gate-skipped-at-commit": _commits_hot_with(()),
    "gate-skipped-at-start": _starts_on_a_broken_lead,
    "gate-skipped-at-amplitude": _tries(14_000, 1_000),
    "gate-skipped-at-boot": _boots_silently,
    "policy-replaced": _stages(hot(), "strict"),
    "density-limit-tenfold": _stages(BLOCKED),
    "measurement-raises-limit": _stages(BLOCKED, measured=True),
    "area-of-wrong-lead": _stages(hot(11_000, cathode=9)),
    "limit-one-step-late": _stages(a_group(a_program(ramp_us=0, amplitude_ua=25_550, width_us=10))),
    "first-program-judged-only": _stages(a_group(a_program("a"), BLOCKED.programs[0])),
    "patient-range-ignored": _patient_reaches_too_far,
    "impedance-ignored": _stages_on_a_broken_lead,
    "acknowledgement-not-demanded": _commits_hot_with(()),
    "acknowledgement-of-one-for-all": _commits_hot_with(("shannon",)),
    "acknowledgement-kept-when-raised": _tries(8_050, 8_000),
    "amplitude-clamped": _tries(14_000, 1_000),
    "stage-clamped": _stages(BLOCKED),
    "stage-digest-ignored": _takes_damaged,
    "stage-digest-echoed": _echoes,
    "former-group-committed": _commits_former,
    "stale-commit-accepted": _commits(base_generation=99),
    "commit-digest-ignored": _commits(digest=bytes(32)),
    "target-shown-as-delivered": _tells_the_target,
    "staged-read-as-stored": _shows_staged,
    "refusals-not-logged": _refuses_silently,
    "acknowledgements-not-logged": _acknowledges_silently,
    "broken-lead-reported-well": _broken_is_well,
    "neighbour-measured": _measures_another,
    "first-measurement-stands": _measures_once,
    "latch-forgotten": _forgets_its_latch,
    "latch-in-log": _writes_over_its_latch,
    "memory-check-ignored": _believes_a_flipped_bit,
    "older-image-wins": _goes_back,
    "commit-in-place": _loses_both,
    "neighbouring-slot-written": _writes_next_door,
    "generation-stands": _stands_still,
    "operation-forgotten-at-reset": _starts_again_after_restart,
    "log-number-reused": _numbers_again,
    "mri-lost-at-reset": _forgets_mri,
    "mri-kept-once": _leaves_mri_when_damaged,
    "mri-left-by-start": _starts_from(EnterMri),
    "storage-left-by-start": _starts_from(EnterStorage),
    "mri-entered-running": _enters_mri_running,
    "mri-left-by-one-only": _keeps_mri_from_others,
    "depleted-left-too-soon": _wakes_on_a_trickle,
}
