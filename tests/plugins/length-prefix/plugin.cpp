#include "session.hpp"

#include <spaceframe/plugin/plugin.hpp>

using spaceframe::length_prefix::LengthPrefix;
using spaceframe::plugin::protocol_role;

SPACEFRAME_PLUGIN("length-prefix", "1.0.0", "Frames behind their length, for tests",
                  protocol_role<LengthPrefix>("length-prefix", "Frames behind their length"))
