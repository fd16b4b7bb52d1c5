#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::engine
{

// sf_host's name resolution; the contract is in abi.h. Numeric addresses are answered at once; a host name
// takes a thread for as long as the system looks for it, or longer than the kernel lives.
sf_status resolve(const sf_host* host, sf_loop* loop, const char* node, const char* service, uint32_t flags,
                  sf_resolved callback, void* context, sf_lookup** lookup);
void resolve_cancel(const sf_host* host, sf_lookup* lookup);

} // namespace spaceframe::engine
