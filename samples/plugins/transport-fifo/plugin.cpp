#include "fifo_transport.hpp"

SPACEFRAME_PLUGIN("transport-fifo", "1.0.0", "Named pipes between processes of one user",
                  spaceframe::plugin::transport_role<fifo::FifoTransport, fifo::fifo_options>(
                      "fifo", "Named pipes: fifo://PATH"))
