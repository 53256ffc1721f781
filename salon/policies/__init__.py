"""Every figure an owner may change, as data: a policy is one choice per section, versioned.

`variants.toml` holds, for each section, the sets of figures that salon owners use; the first of a section is the default.
A house's own policy is a TOML text that names a variant per section and changes single figures of it:

    version = "shanghai-2026"
    [tiers]
    variant = "amount"
    [points]
    basic_polish_points = 300

Head office sets a policy for the chain and says what a store may change of it:

    [[bounds]]
    key = "win_back.voucher_yuan"
    max = 100
    [[bounds]]
    key = "safety"
    locked = true

`load(store_text, chain_text)` is the policy of a store within that; `active` picks both from the records.

Every decision of `salon.rules` carries the `version` of the policy it was made under.
"""

from __future__ import annotations

from salon.policies._active import CHAIN, Active, active
from salon.policies._care import Benefit
from salon.policies._load import Variant, default, load, variants
from salon.policies._model import Policy
from salon.policies.errors import BadPolicy, PolicyError, Problem

__all__ = [
    "CHAIN",
    "Active",
    "BadPolicy",
    "Benefit",
    "Policy",
    "PolicyError",
    "Problem",
    "Variant",
    "active",
    "default",
    "load",
    "variants",
]
