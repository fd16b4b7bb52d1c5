#include "breaker.hpp"
#include "decorrelated.hpp"
#include "schedules.hpp"

#include <spaceframe/plugin/plugin.hpp>

using namespace spaceframe::reconnect;
using spaceframe::plugin::reconnect_role;

SPACEFRAME_PLUGIN("reconnect", "0.1.0", "When endpoints that were lost are dialled again",
                  reconnect_role<NoSchedule>("none", "Never"),
                  reconnect_role<FixedSchedule, fixed_options>("fixed", "After the same delay each time"),
                  reconnect_role<ExponentialSchedule, exponential_options>(
                      "exponential", "After delays that grow up to a cap, spread by jitter"),
                  reconnect_role<DecorrelatedSchedule, decorrelated_options>(
                      "decorrelated", "After delays drawn from a range that grows with the last one"),
                  reconnect_role<Breaker, breaker_options>(
                      "breaker", "As exponential; after many failures a probe now and then"))
