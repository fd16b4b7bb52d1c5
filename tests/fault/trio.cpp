#include "trio.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <span>

namespace spaceframe::testing
{
namespace
{

// A kernel costs more than three sockets.
constexpr std::size_t trios_of_a_kernel = 16;

std::string fresh_endpoint(const Manner& manner)
{
    static std::atomic<int> count{0};
    return std::string(manner.transport) + "://torn-" + std::to_string(count.fetch_add(1));
}

std::string name_of(const char* socket, std::size_t number)
{
    return socket + std::to_string(number);
}

Plan plan_of(const Manner& manner, const Patterns& patterns)
{
    Plan plan;
    plan.threads = manner.threads;
    for (std::size_t i = 0; i < trios_of_a_kernel; ++i)
    {
        plan.sockets += socket_lines(name_of("a", i), patterns.near) +
                        socket_lines(name_of("x", i), patterns.far, "reconnect none") +
                        socket_lines(name_of("y", i), patterns.far, "reconnect none");
    }
    return plan;
}

} // namespace

Trio::Trio(TestKernel& its_kernel, const Manner& manner, std::size_t number,
           const std::vector<Option>& script, bool with_y)
    : kernel(its_kernel)
    , a(kernel[name_of("a", number)])
    , x(kernel[name_of("x", number)])
    , y(kernel[name_of("y", number)])
{
    if (with_y)
    {
        const std::string sound = fresh_endpoint(manner);
        a.bind(sound);
        y.connect(sound);
        REQUIRE(a.wait_for_peers(1, limit));
        REQUIRE(y.wait_for_peers(1, limit));
    }
    scripted_ = a.bind(fresh_endpoint(manner), script);
    x.connect(scripted_);
    kernel.await(
        [&](const Happenings&)
        {
            return (count(x, Event::Kind::ready) == 1 && count(a, Event::Kind::ready) == (with_y ? 2 : 1)) ||
                   (ended(x) && ended(a));
        },
        "a handshake is over");
}

std::size_t Trio::count(const Socket& socket, Event::Kind kind) const
{
    const Happenings happenings = kernel.happenings();
    return static_cast<std::size_t>(std::ranges::count_if(happenings,
                                                          [&](const Happening& happening)
                                                          {
                                                              return happening.socket == socket.name() &&
                                                                     happening.kind == kind;
                                                          }));
}

bool Trio::joined() const
{
    return count(x, Event::Kind::ready) == 1;
}

bool Trio::ended(const Socket& socket) const
{
    return count(socket, Event::Kind::disconnected) + count(socket, Event::Kind::failed) > 0;
}

void Trio::await_end()
{
    kernel.await(
        [this](const Happenings&)
        {
            return ended(a) && ended(x);
        },
        "a connection has ended at both ends");
}

std::string Trio::reason() const
{
    for (const Happening& happening : kernel.happenings())
    {
        if (happening.socket == x.name() &&
            (happening.kind == Event::Kind::disconnected || happening.kind == Event::Kind::failed))
        {
            return happening.reason;
        }
    }
    return "";
}

std::size_t Trio::accepted() const
{
    const Happenings happenings = kernel.happenings();
    return static_cast<std::size_t>(std::ranges::count_if(happenings,
                                                          [&](const Happening& happening)
                                                          {
                                                              return happening.endpoint == scripted_ &&
                                                                     happening.kind == Event::Kind::accepted;
                                                          }));
}

void at_every_byte(const Manner& manner, const Patterns& patterns, const std::string& script,
                   std::uint64_t first, const std::function<bool(Trio&)>& round,
                   const std::vector<Option>& options, std::uint64_t step)
{
    bool more = true;
    for (std::uint64_t byte = first; more;)
    {
        TestKernel kernel(plan_of(manner, patterns));
        for (std::size_t i = 0; i < trios_of_a_kernel && more; ++i, byte += step)
        {
            CAPTURE(std::string(manner.transport));
            CAPTURE(manner.threads);
            CAPTURE(byte);
            std::vector<Option> all = options;
            all.push_back({script, byte});
            Trio trio(kernel, manner, i, all, true);
            more = round(trio);
        }
    }
}

Extent extent_of(const Manner& manner, const Patterns& patterns, const std::function<void(Socket&)>& send,
                 std::size_t messages)
{
    // The same for each manner, and without threads it is known when bytes have come.
    const Manner driven{manner.transport, 0};
    TestKernel kernel(plan_of(driven, patterns));
    Trio trio(kernel, driven, 0, {}, false);
    Extent extent{};
    extent.first = trio.x.ledger().arrived_bytes;
    extent.first_of_x = trio.a.ledger().arrived_bytes;
    send(trio.a);
    for (std::size_t i = 0; i < messages; ++i)
    {
        must_receive(trio.x);
    }
    extent.last = trio.x.ledger().arrived_bytes;
    REQUIRE(extent.first > 64); // a greeting, and more
    REQUIRE(extent.last > extent.first + 256);
    return extent;
}

void stalled_at_every_byte(const Manner& manner, const Patterns& patterns, const std::vector<Option>& options,
                           const Extent& extent, const std::function<void(Trio&)>& round)
{
    for (std::uint64_t byte = extent.first; byte < extent.last;)
    {
        TestKernel kernel(plan_of(manner, patterns));
        for (std::size_t i = 0; i < trios_of_a_kernel && byte < extent.last; ++i, ++byte)
        {
            CAPTURE(std::string(manner.transport));
            CAPTURE(manner.threads);
            CAPTURE(byte);
            std::vector<Option> script = options;
            script.push_back({"stall_write_at", byte});
            script.push_back({"stall_until", extent.first_of_x + 1});
            Trio trio(kernel, manner, i, script, false);
            REQUIRE(trio.joined());
            round(trio);
        }
    }
}

Frames frames_of(const Message& message)
{
    Frames frames;
    for (std::size_t i = 0; i < message.size(); ++i)
    {
        frames.push_back(text_of(message, i));
    }
    return frames;
}

void drain(Socket& socket, std::vector<Frames>& messages)
{
    Message message;
    error_code error;
    while (socket.receive(message, no_wait, error))
    {
        messages.push_back(frames_of(message));
    }
}

void take_farewell(const std::vector<Frames>& sent, std::vector<Frames>& messages)
{
    const auto farewell = std::ranges::mismatch(sent, messages).in2;
    std::set<std::string> topics;
    for (auto message = messages.begin(); message != farewell; ++message)
    {
        if (message->size() == 1)
        {
            const std::string topic = message->front().substr(1);
            if (message->front().front() == '\1')
            {
                topics.insert(topic);
            }
            else
            {
                topics.erase(topic);
            }
        }
    }
    std::vector<Frames> expected;
    for (const std::string& topic : topics)
    {
        expected.push_back({std::string(1, '\0') + topic});
    }
    CHECK(std::is_permutation(farewell, messages.end(), expected.begin(), expected.end()));
    messages.erase(farewell, messages.end());
}

bool begins_with(const std::vector<Frames>& whole, const std::vector<Frames>& part)
{
    return part.size() <= whole.size() && std::ranges::equal(part, std::span(whole).first(part.size()));
}

} // namespace spaceframe::testing
