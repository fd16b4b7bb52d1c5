#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::engine
{

// sf_host's timers; the contract is in abi.h.
sf_status timer_open(const sf_host* host, sf_loop* loop, sf_timer** timer);
void timer_start(const sf_host* host, sf_timer* timer, uint64_t delay, sf_callback callback, void* context);
void timer_cancel(const sf_host* host, sf_timer* timer);
void timer_close(const sf_host* host, sf_timer* timer);

} // namespace spaceframe::engine
