"""What objects say of each other: names, selectors, devices, releases that pair."""

from __future__ import annotations

from ove_capacity.checks.cross_object.admission import ADMISSION_RULES
from ove_capacity.checks.cross_object.alerts import ALERT_RULES
from ove_capacity.checks.cross_object.backup import BACKUP_RULES
from ove_capacity.checks.cross_object.hub import HUB_RULES
from ove_capacity.checks.cross_object.kept_out import KEPT_OUT_RULES
from ove_capacity.checks.cross_object.name import NAME_RULES
from ove_capacity.checks.cross_object.placement import PLACEMENT_RULES
from ove_capacity.checks.cross_object.pool import POOL_RULES
from ove_capacity.checks.cross_object.profile import PROFILE_RULES
from ove_capacity.checks.cross_object.scheduling import SCHEDULING_RULES
from ove_capacity.checks.cross_object.selector import SELECTOR_RULES
from ove_capacity.checks.cross_object.service_name import SERVICE_NAME_RULES
from ove_capacity.checks.finding import Rule

__all__ = ["CROSS_OBJECT_RULES"]

CROSS_OBJECT_RULES: tuple[Rule, ...] = (
    *ADMISSION_RULES,
    *ALERT_RULES,
    *BACKUP_RULES,
    *HUB_RULES,
    *KEPT_OUT_RULES,
    *NAME_RULES,
    *PLACEMENT_RULES,
    *POOL_RULES,
    *PROFILE_RULES,
    *SCHEDULING_RULES,
    *SELECTOR_RULES,
    *SERVICE_NAME_RULES,
)
"""In the order of the modules that define them."""
