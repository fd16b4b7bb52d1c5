#include "semaphore_permits.hpp"
#include "unlimited_permits.hpp"

#include <spaceframe/plugin/plugin.hpp>

using namespace spaceframe::backpressure;
using spaceframe::plugin::backpressure_role;

SPACEFRAME_PLUGIN("backpressure", "0.1.0", "Budgets of bytes",
                  backpressure_role<UnlimitedPermits>("noop", "No limit, at no cost"),
                  backpressure_role<SemaphorePermits, semaphore_options>(
                      "semaphore", "A budget of bytes, first in, first out"))
