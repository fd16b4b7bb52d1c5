#include "scripted_transport.hpp"

#include <spaceframe/plugin/plugin.hpp>

using spaceframe::plugin::transport_role;
using spaceframe::scripted_transport::options;
using spaceframe::scripted_transport::ScriptedTransport;

SPACEFRAME_PLUGIN("scripted-transport", "1.0.0", "Connections inside the process by a script, for tests",
                  transport_role<ScriptedTransport<0>, options>("mem",
                                                                "In memory; reads and writes on the loop"),
                  transport_role<ScriptedTransport<SF_STREAM_PARALLEL>, options>(
                      "memp", "In memory; reads and writes on any thread"))
