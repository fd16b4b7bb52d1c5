#include "engine/lookup.hpp"

#include "engine/failure.hpp"
#include "engine/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>
#include <pthread.h>

using spaceframe::engine::Loop;

/// A resolution under way, shared with the thread that asks the system. Gone after its callback.
struct sf_lookup
{
    std::string node;
    std::string service;
    addrinfo hints{};
    sf_resolved callback = nullptr;
    void* context = nullptr;

    std::mutex mutex;
    // Until the outcome is on its way to the loop, which need not live longer.
    Loop* loop = nullptr;
    std::shared_ptr<sf_lookup> self;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
    std::shared_ptr<void> keeper;
};

namespace spaceframe::engine
{
namespace
{

/// The system's: 0 or an EAI_ code.
struct Answer
{
    int code = 0;
    int os_error = 0;
    std::vector<sf_address> addresses;
};

Answer ask(const sf_lookup& lookup, int flags)
{
    Answer answer;
    addrinfo hints = lookup.hints;
    hints.ai_flags |= flags;
    addrinfo* found = nullptr;
    answer.code = getaddrinfo(lookup.node.empty() ? nullptr : lookup.node.c_str(), lookup.service.c_str(),
                              &hints, &found);
    answer.os_error = answer.code == EAI_SYSTEM ? errno : 0;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> results(answer.code == 0 ? found : nullptr,
                                                                 freeaddrinfo);
    for (const addrinfo* at = results.get(); at != nullptr; at = at->ai_next)
    {
        sf_address address{};
        address.length = std::min<std::uint32_t>(at->ai_addrlen, sizeof(address.bytes));
        std::memcpy(address.bytes, at->ai_addr, address.length);
        answer.addresses.push_back(address);
    }
    return answer;
}

std::string reason(const Answer& answer)
{
    if (answer.code == 0)
    {
        return "it has no address";
    }
    return answer.code == EAI_SYSTEM ? std::system_category().message(answer.os_error)
                                     : std::string(gai_strerror(answer.code));
}

/// On the loop. Without an answer it was cancelled.
void finish(const sf_lookup& lookup, const std::optional<Answer>& answer)
{
    if (!answer)
    {
        lookup.callback(lookup.context, SF_CANCELLED, nullptr, 0);
    }
    else if (answer->addresses.empty())
    {
        note_failure(SF_NOT_FOUND, 0,
                     ("the host name '" + lookup.node + "' cannot be resolved: " + reason(*answer)).c_str());
        lookup.callback(lookup.context, SF_NOT_FOUND, nullptr, 0);
    }
    else
    {
        lookup.callback(lookup.context, SF_OK, answer->addresses.data(), answer->addresses.size());
    }
}

/// The first to come, an answer or the cancellation, decides. Throws std::bad_alloc; nothing has come then.
void end(sf_lookup& lookup, std::optional<Answer> answer)
{
    const std::lock_guard guard(lookup.mutex);
    if (lookup.loop == nullptr)
    {
        return;
    }
    lookup.loop->post(
        [self = lookup.self, keeper = lookup.keeper, answer = std::move(answer)]
        {
            finish(*self, answer);
        });
    lookup.loop = nullptr;
    lookup.work.reset();
    lookup.self.reset();
    lookup.keeper.reset();
}

/// A thread of its own asks the system, and shares nothing with the kernel that may end before: the system
/// can take minutes, and cannot be interrupted.
void start_thread(std::shared_ptr<sf_lookup> lookup)
{
    // Signals belong to the host's threads.
    sigset_t all;
    sigset_t previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    try
    {
        std::thread thread(
            [lookup = std::move(lookup)]
            {
                pthread_setname_np(pthread_self(), "spaceframe/dns");
                try
                {
                    end(*lookup, ask(*lookup, 0));
                }
                catch (const std::bad_alloc&)
                {
                    // Without memory to say so, whoever asked gives up in time.
                    return;
                }
            });
        thread.detach();
    }
    catch (...)
    {
        pthread_sigmask(SIG_SETMASK, &previous, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

} // namespace

sf_status resolve(const sf_host* /*host*/, sf_loop* loop, const char* node, const char* service,
                  uint32_t flags, sf_resolved callback, void* context, sf_lookup** lookup)
{
    try
    {
        Loop& target = Loop::from(loop);
        const auto made = std::make_shared<sf_lookup>();
        made->node = std::string_view(node) == "*" ? "" : node;
        made->service = service;
        made->hints.ai_family = (flags & SF_RESOLVE_IPV6) != 0 ? AF_UNSPEC : AF_INET;
        made->hints.ai_socktype = SOCK_STREAM;
        made->hints.ai_protocol = IPPROTO_TCP;
        made->hints.ai_flags = AI_NUMERICSERV | ((flags & SF_RESOLVE_PASSIVE) != 0 ? AI_PASSIVE : 0);
        made->callback = callback;
        made->context = context;
        made->loop = &target;
        if (target.strand() != nullptr)
        {
            made->keeper = target.strand()->keeper();
        }
        else
        {
            made->work.emplace(target.context().get_executor());
        }
        made->self = made;
        if (lookup != nullptr)
        {
            *lookup = made.get();
        }
        try
        {
            const bool numeric = made->node.empty() || (flags & SF_RESOLVE_NUMERIC) != 0;
            Answer answer = ask(*made, AI_NUMERICHOST);
            if (answer.code == 0 || numeric)
            {
                end(*made, std::move(answer));
            }
            else
            {
                start_thread(made);
            }
        }
        catch (const std::exception& failure)
        {
            // No memory, or no thread.
            made->self.reset();
            note_failure(SF_NO_MEMORY, 0, failure.what());
            return SF_NO_MEMORY;
        }
        return SF_OK;
    }
    catch (const std::bad_alloc&)
    {
        return SF_NO_MEMORY;
    }
}

void resolve_cancel(const sf_host* /*host*/, sf_lookup* lookup)
{
    try
    {
        end(*lookup, std::nullopt);
    }
    catch (const std::bad_alloc&)
    {
        // The system's answer ends it.
        return;
    }
}

} // namespace spaceframe::engine
