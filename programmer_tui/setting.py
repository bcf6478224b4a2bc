"""What a group is judged against: the implant on the link, or a stand-in while there is none. No screen here."""

from __future__ import annotations

from dataclasses import dataclass

from programmer_tui.session_link import SessionLink
from scs.domain.impedance import Impedances
from scs.domain.lead import Implant, find_lead
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile, find_profile
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.domain.verdict import Verdict

STAND_IN = "medtronic-977a2"
"""Two of these are drawn while there is no implant: the commonest kind, eight contacts each."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Leads, limits, thresholds and impedances."""

    implant: Implant
    profile: DeviceProfile
    policy: Policy
    impedances: Impedances

    def judge(self, group: Group) -> Verdict:
        """Everything that the rules have to say about `group` here; the implant judges again by itself."""
        return judge(group, self.implant, self.profile, self.policy, self.impedances)


def setting_of(link: SessionLink) -> Setting:
    """The implant's own word about itself, or the reference device with two leads when nobody has answered."""
    description = link.description
    if description is None:
        leads = [{"port": port, "lead": find_lead(STAND_IN)} for port in "AB"]
        implant = Implant.model_validate({"leads": leads})
        return Setting(implant, find_profile("reference"), find_policy("default"), Impedances())
    return Setting(description.implant, description.profile, description.policy, link.impedances)
