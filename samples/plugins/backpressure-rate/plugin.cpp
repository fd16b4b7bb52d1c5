#include "rate_limit.hpp"

SPACEFRAME_PLUGIN("backpressure-rate", "1.0.0", "Limits the rate of what a socket sends",
                  spaceframe::plugin::backpressure_role<rate::RateLimit, rate::rate_options>(
                      "rate", "So many bytes per second, with bursts (a token bucket)"))
