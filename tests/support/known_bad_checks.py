"""Which check of the suite catches which implant that is wrong on purpose: `scs conformance --mutants` found it."""

from __future__ import annotations

_BY_CHECK = {
    "acknowledged-again-when-raised": "gate-skipped-at-amplitude acknowledgement-kept-when-raised",
    "acknowledged-by-name": (
        "gate-skipped-at-commit acknowledgement-not-demanded acknowledgement-of-one-for-all acknowledgements-not-logged"
    ),
    "always-back-to-therapy": "mri-left-by-one-only",
    "any-group-as-prescribed": "burst-one-pulse-more burst-one-pulse-more-unsensed",
    "broken-leads-are-found": "broken-lead-reported-well first-measurement-stands",
    "buttons-in-any-order": "ramp-in-a-tenth on-while-on-adds on-while-stopping-jumps",
    "commit-names-what-is-staged": "commit-digest-ignored",
    "commit-while-running": "commit-jumps",
    "calibration-is-kept": "calibration-cloned",
    "cycles-are-kept": "pause-delivers",
    "damaged-memory": "memory-check-ignored older-image-wins",
    "delivered-as-prescribed": (
        "first-amplitude-for-all period-rounded-down programs-overlap recharge-unstretched "
        "recharge-rounded-up shares-ignored split-rounded-up remainder-through-case polarity-swapped-unsensed "
        "contact-off-by-one-unsensed shares-ignored-unsensed"
    ),
    "digest-of-what-arrived": "stage-digest-ignored stage-digest-echoed",
    "empty-battery": "empty-battery-delivers",
    "entered-with-a-way-out": "mri-entered-at-any-charge",
    "fault-stays-latched": "latch-forgotten latch-in-log stop-clears-fault",
    "foreign-header": "direction-ignored",
    "half-a-group": "former-group-committed",
    "interlocks-hold": (
        "interlock-deaf interlock-slow interlock-ignores-balance interlock-ignores-rate interlock-raised-by-self-test"
    ),
    "judged-at-boot": "gate-skipped-at-boot refusals-not-logged",
    "judged-at-commit": "impedance-ignored staged-read-as-stored neighbour-measured",
    "judged-at-each-amplitude": "tried-amplitude-tenfold amplitude-clamped",
    "judged-at-stage": (
        "gate-skipped-at-stage policy-replaced density-limit-tenfold area-of-wrong-lead limit-one-step-late "
        "first-program-judged-only patient-range-ignored stage-clamped"
    ),
    "judged-at-start": "gate-skipped-at-start",
    "kept-through-resets": "commit-in-place mri-lost-at-reset mri-kept-once",
    "left-by-charging": "depleted-left-too-soon",
    "log-is-kept": "log-number-reused",
    "log-tells": "start-ignores-slot",
    "measuring-raises-nothing": "measurement-raises-limit",
    "modes-are-kept": (
        "interlock-not-latched mri-left-by-start storage-left-by-start mri-entered-running start-in-safe"
    ),
    "noise-is-dropped": "deaf-after-long-frame",
    "older-counter": "older-counter-served stop-in-turn",
    "one-writer": "two-writers reader-may-stage reader-may-soft-stop reader-may-try",
    "one-wrong-bit": "frame-check-ignored frame-lost-behind-noise stop-needs-role stop-unanswered",
    "over-discharge-is-counted": "over-discharge-uncounted worn-out-cell-charged empty-cell-drawn-on",
    "windows-are-kept": "window-ignored window-closed-late window-opens-in-full",
    "doses-are-kept": "dose-ignored dose-refilled-by-clock",
    "a-lost-clock-delivers-nothing": "clock-begins-at-midnight",
    "pocket-stays-cool": "charged-while-too-warm started-while-too-warm",
    "lost-current-ends-therapy": "lost-current-endured",
    "rail-limits-are-told": "clipping-not-told target-shown-as-delivered",
    "reads-back-exactly": "generation-stands",
    "repeated-after-restart": "operation-forgotten-at-reset resumes-at-power-on resumes-without-ramp",
    "repeated-counter": "repeated-counter-served",
    "repeated-operation": "neighbouring-slot-written operation-done-twice start-done-twice stop-on-tick stop-by-ramp",
    "soft-start": (
        "ramp-one-step-too-far ramp-skipped rate-tenfold recharge-missing recharge-passive-for-driven "
        "recharge-on-wrong-contact recharge-tick-short width-plus-tick output-tenfold polarity-swapped "
        "contact-off-by-one recharge-missing-unsensed recharge-on-wrong-contact-unsensed "
        "recharge-tick-short-unsensed width-plus-tick-unsensed output-tenfold-unsensed"
    ),
    "soft-stop": "soft-stop-never-ends",
    "stale-generation": "stale-commit-accepted",
    "stop-from-everywhere": "stop-sticks",
    "stop-in-mid-pulse": "stop-finishes-burst",
    "stop-overtakes": "start-outlives-stop",
    "supply-gives-way": "brown-out-ignored",
    "trial-hangs-on-the-lease": "lower-amplitude-ignored trial-outlives-lease",
    "writer-lease": "lease-endless",
}
CAUGHT_BY = {fault: check for check, faults in _BY_CHECK.items() for fault in faults.split()}
"""Fault to the first check, in the order of the suite, that fails on it."""
