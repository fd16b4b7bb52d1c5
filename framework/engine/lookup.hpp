#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::engine
{

// sf_host's name resolution; the contract is in abi.h. Numeric addresses are answered at once; the first host
// name starts Asio's resolver thread.
sf_status resolve(const sf_host* host, sf_loop* loop, const char* node, const char* service, uint32_t flags,
                  sf_resolved callback, void* context, sf_lookup** lookup);
void resolve_cancel(const sf_host* host, sf_lookup* lookup);

} // namespace spaceframe::engine
