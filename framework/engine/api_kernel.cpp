#include "engine/kernel_core.hpp"
#include "manifest/access.hpp"

#include <spaceframe/kernel.hpp>

#include <boost/system/system_error.hpp>

#include <new>
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
                core->close(no_wait);
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

} // namespace

Kernel::Kernel(const Manifest& manifest, KernelOptions options)
    : core_(std::make_shared<engine::KernelCore>(manifest::Access::description(manifest), std::move(options)))
{}

Kernel::~Kernel()
{
    try
    {
        core_->close(no_wait);
    }
    catch (...)
    {
        close_elsewhere(std::move(core_));
    }
}

void Kernel::start()
{
    try
    {
        core_->start();
    }
    catch (...)
    {
        core_->close(std::chrono::nanoseconds(0));
        throw;
    }
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
