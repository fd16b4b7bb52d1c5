#include "age_limit.hpp"

SPACEFRAME_PLUGIN("backpressure-age", "1.0.0", "Drops messages that have waited too long for a full peer",
                  spaceframe::plugin::backpressure_role<age::AgeLimit, age::age_options>(
                      "age", "Room for new messages in place of old ones"))
