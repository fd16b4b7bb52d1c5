#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::engine
{

// sf_host's services for file descriptors; the contract is in abi.h.
sf_status watch_open(const sf_host* host, sf_loop* loop, int fd, sf_watch** watch);
void watch_wait(const sf_host* host, sf_watch* watch, uint32_t direction, sf_callback callback,
                void* context);
void watch_close(const sf_host* host, sf_watch* watch);

} // namespace spaceframe::engine
