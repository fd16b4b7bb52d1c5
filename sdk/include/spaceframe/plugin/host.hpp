#pragma once

#include <spaceframe/plugin/status.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace spaceframe::plugin
{

// A function of the kernel, or of a plug-in, that is called back on a loop.
struct Callback
{
    sf_callback function = nullptr;
    void* context = nullptr;

    void operator()(Status status) const
    {
        function(context, status);
    }

    explicit operator bool() const noexcept
    {
        return function != nullptr;
    }
};

// A callback that runs `object->Member(status)`: callback<&Stream::on_readable>(this).
template <auto Member, class Object>
Callback callback(Object* object) noexcept
{
    static_assert(std::is_nothrow_invocable_v<decltype(Member), Object&, Status>,
                  "a callback takes a Status and is noexcept: no exception may reach the kernel");
    return {[](void* context, Status status) noexcept
            {
                (static_cast<Object*>(context)->*Member)(status);
            },
            object};
}

// A counter of the kernel's statistics. Any thread.
class Counter
{
public:
    Counter() = default;

    explicit Counter(std::uint64_t* value) noexcept : value_(value)
    {}

    // Does nothing when the kernel had no memory for the counter.
    void add(std::uint64_t amount = 1) const noexcept
    {
        if (value_ != nullptr)
        {
            std::atomic_ref<std::uint64_t>(*value_).fetch_add(amount, std::memory_order_relaxed);
        }
    }

private:
    std::uint64_t* value_ = nullptr;
};

// The kernel's services; a pointer that is cheap to copy and outlives every object that a plug-in makes.
// Threads and errors of each function: abi.h, under the same name.
class Host
{
public:
    Host(const sf_host* table) noexcept : table_(table)
    {}

    const sf_host* table() const noexcept
    {
        return table_;
    }

    // [any] `level` is SF_LOG_...; `text` is one line without its end.
    void log(std::int32_t level, const char* text) const noexcept
    {
        table_->log(table_, level, text);
    }

    void log(std::int32_t level, const std::string& text) const noexcept
    {
        log(level, text.c_str());
    }

    // [any] Gives the reason of the failure that this thread is about to return or report, and returns
    // `status`: `return host.fail(SF_INVALID, "the port is missing");`. `os_error` is an errno, or 0.
    Status fail(Status status, const char* text, int os_error = 0) const noexcept
    {
        table_->set_error(table_, status, os_error, text);
        return status;
    }

    Status fail(Status status, const std::string& text, int os_error = 0) const noexcept
    {
        return fail(status, text.c_str(), os_error);
    }

    // [any] A failure of the operating system; `what` names the call: `return host.fail_system(errno,
    // "bind");`
    Status fail_system(int os_error, const char* what) const noexcept
    {
        return fail(SF_SYSTEM, what, os_error);
    }

    // [any] Costs some 30 ns: not once a message.
    sf_time now() const noexcept
    {
        return table_->now(table_);
    }

    // [any] Runs `callback` once, later, on the loop.
    void post(sf_loop* loop, Callback callback) const noexcept
    {
        table_->post(table_, loop, callback.function, callback.context);
    }

    // [loop] `resolved` is called exactly once, later, unless the result is not SF_OK.
    Status resolve(sf_loop* loop, const char* node, const char* service, std::uint32_t flags,
                   sf_resolved resolved, void* context, sf_lookup** lookup = nullptr) const noexcept
    {
        return table_->resolve(table_, loop, node, service, flags, resolved, context, lookup);
    }

    // [loop] The lookup's callback comes with SF_CANCELLED, later, unless it has come already.
    void resolve_cancel(sf_lookup* lookup) const noexcept
    {
        table_->resolve_cancel(table_, lookup);
    }

    // [any] One reference more, or less, to a block of memory. NULL is not allowed.
    void retain(sf_owner* owner) const noexcept
    {
        table_->retain(table_, owner);
    }

    void release(sf_owner* owner) const noexcept
    {
        table_->release(table_, owner);
    }

    // [any] The counter of this name, made when it is new.
    Counter counter(const char* name) const noexcept
    {
        return Counter(table_->counter(table_, name));
    }

    // [any] Another plug-in's role, for a role that builds on it; nullptr when nobody offers it.
    // acquire<sf_transport>(SF_ROLE_TRANSPORT, "tcp").
    template <class Table>
    const Table* acquire(std::uint32_t role, const char* name) const noexcept
    {
        return static_cast<const Table*>(table_->acquire(table_, role, name));
    }

    // [any] An optional service by name and revision; nullptr when this kernel has none.
    template <class Service>
    const Service* query(const char* capability) const noexcept
    {
        return static_cast<const Service*>(table_->query(table_, capability));
    }

private:
    const sf_host* table_;
};

} // namespace spaceframe::plugin
