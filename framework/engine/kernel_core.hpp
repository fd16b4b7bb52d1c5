#pragma once

#include "engine/driver.hpp"
#include "engine/endpoints.hpp"
#include "engine/host.hpp"
#include "engine/proxy.hpp"
#include "engine/reporter.hpp"
#include "manifest/description.hpp"

#include <spaceframe/kernel.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace spaceframe::engine
{

/// What a Kernel is made of. Handles to sockets share it, and what is left to do in a host's context, so it
/// may outlive the Kernel, closed.
class KernelCore : public std::enable_shared_from_this<KernelCore>
{
public:
    KernelCore(std::shared_ptr<const manifest::Description> description, KernelOptions options);
    /// On a host's contexts.
    KernelCore(std::shared_ptr<const manifest::Description> description, KernelOptions options,
               std::vector<std::shared_ptr<detail::Context>> contexts);
    KernelCore(const KernelCore&) = delete;
    KernelCore& operator=(const KernelCore&) = delete;
    ~KernelCore();

    void start();
    Endpoints* find(std::string_view name) noexcept;
    const std::vector<std::unique_ptr<Endpoints>>& sockets() const noexcept
    {
        return sockets_;
    }
    void run(Clock::time_point deadline);
    void stop();
    BudgetState budget() const noexcept
    {
        return budget_ ? budget_->state() : BudgetState{};
    }
    CloseReport close(std::chrono::nanoseconds deadline);
    /// Closes without a wait for what is queued, as for a Kernel that is destroyed; logs what that discards.
    void discard();

    bool hosted() const noexcept
    {
        return driver_.hosted();
    }
    /// On a host's contexts: is told of their end from now on.
    void settle();
    /// On a host's contexts: closes without a wait, wherever it is called. What cannot happen at once happens
    /// as the host drives.
    void abandon();
    /// No hook is called any more when this returns, and monitors have no more to tell.
    void silence() noexcept;

private:
    void build();
    void open();
    void begin_close();
    CloseReport finish_close(std::optional<Clock::time_point> deadline);
    CloseReport lost() const;
    void context_ends(std::size_t index) noexcept;

    std::unique_ptr<Budget> make_budget(const manifest::RoleUse& use, const std::string& position);

    std::shared_ptr<const manifest::Description> description_;
    std::vector<std::shared_ptr<detail::Context>> contexts_;
    Host host_;
    Reporter reporter_;
    Driver driver_;
    std::shared_ptr<Budget> budget_; // of all sockets; empty where there is none
    std::vector<std::unique_ptr<Endpoints>> sockets_;
    std::vector<std::unique_ptr<Proxy>> proxies_;
    std::once_flag started_;
    std::atomic<bool> closing_{false};
    std::mutex run_mutex_;
    std::size_t runners_ = 0;             // threads in run()
    std::atomic<std::uint64_t> stops_{0}; // calls of stop()
    bool stop_waits_ = false;             // a stop that found nobody is for the next run()
    Signal stop_signal_;
    std::mutex close_mutex_;
    bool closed_ = false;
    CloseReport report_;
};

} // namespace spaceframe::engine
