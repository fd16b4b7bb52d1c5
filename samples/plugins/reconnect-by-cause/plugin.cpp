#include "by_cause.hpp"

SPACEFRAME_PLUGIN("reconnect-by-cause", "1.0.0", "Dials again soon or late, by what went wrong",
                  spaceframe::plugin::reconnect_role<by_cause::ByCause, by_cause::by_cause_options>(
                      "by-cause", "After a delay that depends on the failure"))
