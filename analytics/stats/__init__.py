"""Did it earn money, how sure are we, and could we have seen it at all?

Pure functions on arrays or sums: NumPy and SciPy, no database, no web. They return frozen results
of numbers and machine codes; sentences are made by the web layer. Degenerate data give a result
without an interval and a caution that says why; an exception means a wrong call.

How to read a result, in the order of a page:

1. ``srm_test`` on assigned and on analysed customers: a refusal ends the reading.
2. ``compare`` / ``compare_sums`` / ``compare_strata``: difference per customer with an interval.
   ``method`` says which one; ``welch_interval`` and ``skew_safe_interval`` are both there.
3. ``verdict``: the code and the total, chosen by the interval only.
4. ``weeks_for_fixed_base`` or ``weeks_to_enrol``: what waiting would bring.
5. Secondary: ``compare_proportions`` (buyers), ``compare_ratios`` (average order value),
   ``effect_on_reached``.

Before the start: ``assignment_hash``, ``stratified_control``, ``mde``, ``sample_size``.
"""

from analytics.stats.assignment import (
    assignment_hash,
    assignment_hashes,
    bucket,
    choose_arm,
    global_control_share,
    merge_small_strata,
    spend_strata,
    stratified_control,
)
from analytics.stats.lift import relative_lift
from analytics.stats.means import compare, compare_strata, compare_sums
from analytics.stats.multiple import benjamini_hochberg, holm
from analytics.stats.power import (
    PLANNED_MODE_FACTOR,
    HistoryWindow,
    Lever,
    LeverEffect,
    Waiting,
    control_needed,
    design_effect,
    half_width,
    mde,
    sample_size,
    sample_size_shares,
    weeks_for_fixed_base,
    weeks_to_enrol,
)
from analytics.stats.proportions import compare_proportions, wilson_interval
from analytics.stats.ratios import RatioSums, compare_ratios, fieller_interval
from analytics.stats.reached import Exposure, effect_on_reached
from analytics.stats.results import (
    Caution,
    Comparison,
    Interval,
    Method,
    ProportionComparison,
    RatioComparison,
    ReachedEffect,
    RelativeLift,
)
from analytics.stats.srm import SrmLevel, SrmResult, srm_e_value, srm_sample_size, srm_test
from analytics.stats.sums import ArmSums
from analytics.stats.verdicts import (
    Doubt,
    Refusal,
    TotalProfit,
    Verdict,
    VerdictCode,
    total_profit,
    verdict,
)
from analytics.stats.winsor import Winsorised, winsorise

__all__ = [
    "PLANNED_MODE_FACTOR",
    "ArmSums",
    "Caution",
    "Comparison",
    "Doubt",
    "Exposure",
    "HistoryWindow",
    "Interval",
    "Lever",
    "LeverEffect",
    "Method",
    "ProportionComparison",
    "RatioComparison",
    "RatioSums",
    "ReachedEffect",
    "Refusal",
    "RelativeLift",
    "SrmLevel",
    "SrmResult",
    "TotalProfit",
    "Verdict",
    "VerdictCode",
    "Waiting",
    "Winsorised",
    "assignment_hash",
    "assignment_hashes",
    "benjamini_hochberg",
    "bucket",
    "choose_arm",
    "compare",
    "compare_proportions",
    "compare_ratios",
    "compare_strata",
    "compare_sums",
    "control_needed",
    "design_effect",
    "effect_on_reached",
    "fieller_interval",
    "global_control_share",
    "half_width",
    "holm",
    "mde",
    "merge_small_strata",
    "relative_lift",
    "sample_size",
    "sample_size_shares",
    "spend_strata",
    "srm_e_value",
    "srm_sample_size",
    "srm_test",
    "stratified_control",
    "total_profit",
    "verdict",
    "weeks_for_fixed_base",
    "weeks_to_enrol",
    "wilson_interval",
    "winsorise",
]
