// A coroutine awaits a Monitor: who comes to a router, and who leaves it. All of it runs on this program's
// io_context, with one thread.

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>
#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>
#include <spaceframe/monitor.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <string>

namespace
{

namespace asio = boost::asio;
using spaceframe::Event;
using spaceframe::Socket;

const std::set<std::string> guests{"anna", "bert", "carl"};

spaceframe::Manifest make_manifest()
{
    spaceframe::ManifestBuilder builder("monitor");
    builder.socket("door", "router").bind("tcp://127.0.0.1:*");
    for (const std::string& guest : guests)
    {
        builder.socket(guest, "dealer").option("identity", guest);
    }
    return builder.build();
}

// Tells of everybody who comes, and of everybody who leaves, until all have left. Counts them.
asio::awaitable<void> watch(spaceframe::Monitor monitor, std::set<std::string>& present, int& left)
{
    while (left < static_cast<int>(guests.size()))
    {
        const auto event = co_await spaceframe::async_receive(monitor, asio::use_awaitable);
        if (event.kind == Event::Kind::ready)
        {
            present.insert(event.identity);
            std::cout << event.identity << " came; here: " << present.size() << '\n';
        }
        else if (event.kind == Event::Kind::disconnected)
        {
            present.erase(event.identity);
            ++left;
            std::cout << event.identity << " left; here: " << present.size() << '\n';
        }
    }
}

asio::awaitable<void> await_departure(spaceframe::Monitor& monitor)
{
    for (auto kind = Event::Kind::bound; kind != Event::Kind::disconnected;)
    {
        kind = (co_await spaceframe::async_receive(monitor, asio::use_awaitable)).kind;
    }
}

// One after the other comes; when all are there, one after the other leaves.
asio::awaitable<void> visit(spaceframe::Kernel& kernel)
{
    Socket door = kernel.socket("door");
    const std::string endpoint = door.last_endpoint();
    std::size_t here = 0;
    for (const std::string& guest : guests)
    {
        kernel.socket(guest).connect(endpoint);
        co_await spaceframe::async_wait_for_peers(door, ++here, asio::use_awaitable);
    }
    spaceframe::Monitor monitor(door);
    for (const std::string& guest : guests)
    {
        kernel.socket(guest).disconnect(endpoint);
        co_await await_departure(monitor);
    }
}

bool run()
{
    asio::io_context context;
    std::optional<spaceframe::Kernel> kernel;
    kernel.emplace(context, make_manifest());
    kernel->start();

    int at_work = 2;
    bool failed = false;
    const auto note = [&](const std::exception_ptr& failure)
    {
        if (failure)
        {
            failed = true;
            try
            {
                std::rethrow_exception(failure);
            }
            catch (const std::exception& problem)
            {
                std::cerr << problem.what() << '\n';
            }
        }
        if (failure)
        {
            context.stop();
        }
        else if (--at_work == 0)
        {
            // Its end waits for nothing.
            kernel.reset();
        }
    };
    std::set<std::string> present;
    int left = 0;
    // The monitor keeps what happens from here on.
    asio::co_spawn(context, watch(spaceframe::Monitor(kernel->socket("door")), present, left), note);
    asio::co_spawn(context, visit(*kernel), note);
    context.run();
    return !failed && present.empty() && left == static_cast<int>(guests.size());
}

} // namespace

int main()
{
    try
    {
        return run() ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}
