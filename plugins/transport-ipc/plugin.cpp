#include "ipc_options.hpp"
#include "ipc_transport.hpp"

#include <spaceframe/plugin/plugin.hpp>

using spaceframe::plugin::transport_role;

SPACEFRAME_PLUGIN("transport-ipc", "0.1.0", "Local sockets between processes of one machine",
                  transport_role<spaceframe::ipc::IpcTransport, spaceframe::ipc::ipc_options>(
                      "ipc", "Local (UNIX domain) sockets: ipc://PATH, ipc://@NAME"))
