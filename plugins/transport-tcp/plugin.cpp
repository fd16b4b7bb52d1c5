#include "tcp_options.hpp"
#include "tcp_transport.hpp"

#include <spaceframe/plugin/plugin.hpp>

using spaceframe::plugin::transport_role;

SPACEFRAME_PLUGIN("transport-tcp", "0.1.0", "TCP over IPv4 and IPv6",
                  transport_role<spaceframe::tcp::TcpTransport, spaceframe::tcp::tcp_options>(
                      "tcp", "TCP over IPv4 and IPv6: tcp://HOST:PORT"))
