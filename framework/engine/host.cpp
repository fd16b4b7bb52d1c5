#include "engine/host.hpp"

#include "engine/failure.hpp"
#include "engine/lookup.hpp"
#include "engine/loop.hpp"
#include "engine/timer.hpp"
#include "engine/watch.hpp"
#include "memory/slab.hpp"
#include "plugin/registry.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace spaceframe::engine
{
namespace
{

void print(const char* remark, std::string_view line) noexcept
{
    std::fprintf(stderr, "spaceframe: %s%.*s\n", remark, static_cast<int>(line.size()), line.data());
}

void log_line(const sf_host* host, int32_t level, const char* text)
{
    const auto known = std::clamp(level, std::int32_t{SF_LOG_DEBUG}, std::int32_t{SF_LOG_ERROR});
    Host::from(host).write_log(static_cast<LogLevel>(known), text == nullptr ? "" : text);
}

void set_error(const sf_host* /*host*/, sf_status status, int32_t os_error, const char* text)
{
    note_failure(status, os_error, text);
}

sf_time now(const sf_host* /*host*/)
{
    return static_cast<sf_time>(Clock::now().time_since_epoch().count());
}

void post(const sf_host* host, sf_loop* loop, sf_callback callback, void* context)
{
    try
    {
        Loop::from(loop).post(
            [callback, context]
            {
                callback(context, SF_OK);
            });
    }
    catch (const std::bad_alloc&)
    {
        Host::from(host).write_log(LogLevel::error, "a plug-in's work was lost: no memory to post it");
    }
}

sf_owner* slab_allocate(const sf_host* /*host*/, size_t size, uint8_t** data)
{
    sf_owner* owner = memory::allocate(size);
    *data = owner == nullptr ? nullptr : owner->data;
    return owner;
}

void retain(const sf_host* /*host*/, sf_owner* owner)
{
    memory::retain(owner);
}

void release(const sf_host* /*host*/, sf_owner* owner)
{
    memory::release(owner);
}

uint64_t* counter(const sf_host* host, const char* name)
{
    try
    {
        return Host::from(host).find_counter(name);
    }
    catch (const std::bad_alloc&)
    {
        return nullptr;
    }
}

const void* acquire(const sf_host* host, uint32_t role, const char* name)
{
    const plugin_host::Role* found = Host::from(host).registry().find(role, name);
    return found == nullptr ? nullptr : found->table;
}

const void* query(const sf_host* /*host*/, const char* /*capability*/)
{
    return nullptr;
}

} // namespace

Host::Host(std::shared_ptr<plugin_host::Registry> registry, LogHook hook)
    : sf_host{}
    , registry_(std::move(registry))
    , log_(std::move(hook))
{
    sf_host& table = *this;
    table.size = sizeof(sf_host);
    table.abi_major = SF_ABI_MAJOR;
    table.abi_minor = SF_ABI_MINOR;
    table.log = log_line;
    table.set_error = engine::set_error;
    table.now = engine::now;
    table.post = engine::post;
    table.watch_open = engine::watch_open;
    table.watch_wait = engine::watch_wait;
    table.watch_close = engine::watch_close;
    table.timer_open = engine::timer_open;
    table.timer_start = engine::timer_start;
    table.timer_cancel = engine::timer_cancel;
    table.timer_close = engine::timer_close;
    table.resolve = engine::resolve;
    table.resolve_cancel = engine::resolve_cancel;
    table.slab_allocate = engine::slab_allocate;
    table.retain = engine::retain;
    table.release = engine::release;
    table.counter = engine::counter;
    table.acquire = engine::acquire;
    table.query = engine::query;
}

void Host::write_log(LogLevel level, std::string_view line) noexcept
{
    try
    {
        if (log_)
        {
            gate_.pass(
                [&]
                {
                    log_(level, line);
                });
        }
        else if (level >= LogLevel::warning)
        {
            print("", line);
        }
    }
    catch (...)
    {
        print("the log hook threw, which it must not, when it was told: ", line);
    }
}

std::uint64_t* Host::find_counter(std::string_view name)
{
    const std::lock_guard lock(counters_mutex_);
    auto found = counters_.find(name);
    if (found == counters_.end())
    {
        found = counters_.emplace(std::string(name), std::make_unique<std::uint64_t>(0)).first;
    }
    return found->second.get();
}

} // namespace spaceframe::engine
