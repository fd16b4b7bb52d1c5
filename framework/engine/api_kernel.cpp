#include "engine/kernel_core.hpp"
#include "manifest/access.hpp"

#include <spaceframe/embedding.hpp>
#include <spaceframe/kernel.hpp>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace spaceframe
{

namespace
{

/// For a kernel that ends on one of its own loops.
void close_elsewhere(std::shared_ptr<engine::KernelCore> core) noexcept
{
    const auto* const kept = new (std::nothrow) std::shared_ptr<engine::KernelCore>(core);
    try
    {
        std::thread(
            [core = std::move(core)]
            {
                try
                {
                    core->discard();
                }
                catch (...)
                {
                    // No memory to end with: what is left of it ends with the last reference.
                    return;
                }
            })
            .detach();
        delete kept;
    }
    catch (...)
    {
        // No thread is to be had. To let go of the kernel here would mean to wait for this very loop: it
        // stays.
        return;
    }
}

void abandon(engine::KernelCore& core) noexcept
{
    try
    {
        core.discard();
    }
    catch (...)
    {
        // No memory to close with: what is open closes with the host's context.
        core.silence();
        return;
    }
    core.silence();
}

[[noreturn]] void refuse(const std::string& reason)
{
    throw boost::system::system_error(make_error_code(errc::invalid_argument), reason);
}

std::string describe(const detail::Layout& layout)
{
    constexpr std::array<std::pair<std::uint32_t, const char*>, 3> names{{
        {detail::Layout::ts_executors, "BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT"},
        {detail::Layout::no_typeid, "BOOST_ASIO_NO_TYPEID"},
        {detail::Layout::disable_threads, "BOOST_ASIO_DISABLE_THREADS"},
    }};
    std::string macros;
    for (const auto& [bit, name] : names)
    {
        macros += (layout.macros & bit) != 0 ? std::string(macros.empty() ? " with " : ", ") + name : "";
    }
    return fmt::format("Boost {}.{}.{} (Asio {}, executors of {} bytes){}", layout.boost_version / 100'000,
                       layout.boost_version / 100 % 1'000, layout.boost_version % 100, layout.asio_version,
                       layout.executor_size, macros);
}

void check_layout(const detail::Layout& host)
{
    const detail::Layout ours;
    const std::uint32_t built_for = host.macros >> detail::Layout::revision_shift;
    if (built_for != detail::Layout::revision)
    {
        throw boost::system::system_error(
            make_error_code(errc::incompatible_boost),
            fmt::format("the host was compiled with headers of another libspaceframe (revision {} of their "
                        "part for contexts, the library has {}): compile it again with those of this one",
                        built_for, detail::Layout::revision));
    }
    if (host != ours)
    {
        throw boost::system::system_error(
            make_error_code(errc::incompatible_boost),
            fmt::format("the host was compiled with {}, libspaceframe with {}: compile both with the same",
                        describe(host), describe(ours)));
    }
}

} // namespace

Kernel::Kernel(const Manifest& manifest, KernelOptions options)
    : core_(std::make_shared<engine::KernelCore>(manifest::Access::description(manifest), std::move(options)))
{}

Kernel::Kernel(const Contexts& contexts, const Manifest& manifest, KernelOptions options)
{
    check_layout(contexts.layout);
    const auto& description = manifest::Access::description(manifest);
    if (contexts.contexts.empty())
    {
        refuse("a kernel needs at least one context");
    }
    if (description->threads_given)
    {
        refuse((description->file.empty() ? "" : description->file + ": ") +
               "kernel.threads: the host's contexts drive this kernel, which has no threads of its own: "
               "remove the key, or the call of threads()");
    }
    core_ = std::make_shared<engine::KernelCore>(description, std::move(options), contexts.contexts);
    core_->settle();
}

Kernel::~Kernel()
{
    if (core_->hosted())
    {
        abandon(*core_);
        return;
    }
    try
    {
        core_->discard();
    }
    catch (...)
    {
        close_elsewhere(std::move(core_));
    }
}

void Kernel::start()
{
    core_->start();
}

Socket Kernel::socket(std::string_view name)
{
    if (engine::Endpoints* found = core_->find(name); found != nullptr)
    {
        return Socket(std::shared_ptr<engine::Endpoints>(core_, found));
    }
    std::string names;
    for (const auto& socket : core_->sockets())
    {
        names += (names.empty() ? "" : ", ") + socket->socket().description().name;
    }
    throw boost::system::system_error(make_error_code(errc::invalid_argument),
                                      "there is no socket '" + std::string(name) + "'; there are: " + names);
}

BudgetState Kernel::budget() const
{
    return core_->budget();
}

std::vector<Socket> Kernel::sockets()
{
    std::vector<Socket> all;
    for (const auto& socket : core_->sockets())
    {
        all.push_back(Socket(std::shared_ptr<engine::Endpoints>(core_, socket.get())));
    }
    return all;
}

void Kernel::run_for(std::chrono::nanoseconds duration)
{
    // A handler may let go of this kernel meanwhile.
    const auto core = core_;
    core->run(engine::deadline_after(duration));
}

void Kernel::run()
{
    const auto core = core_;
    core->run(engine::Clock::time_point::max());
}

void Kernel::stop()
{
    core_->stop();
}

CloseReport Kernel::close(std::chrono::nanoseconds deadline)
{
    return core_->close(deadline);
}

} // namespace spaceframe
