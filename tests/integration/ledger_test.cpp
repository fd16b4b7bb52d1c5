// What one side has written the other gets, in messages and in bytes, for each two patterns that talk.
#include "content.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
// Messages of one frame and of several, empty and beyond the wire window.
const std::vector<std::vector<std::size_t>> shapes{{5}, {0}, {3, 0, 40}, {100'000}, {1, 70'000}, {300}};

// A kernel of two sockets that are connected.
struct Two
{
    Two(unsigned threads, const std::string& a, const std::string& b)
        : kernel({.threads = threads,
                  .sockets = socket_lines("a", a, "bind tcp://127.0.0.1:*") +
                             socket_lines("b", b, b == "sub" || b == "xsub" ? "subscribe \"\"" : "")})
        , first(kernel["a"])
        , second(kernel["b"])
    {
        second.connect(first.last_endpoint());
        REQUIRE(first.wait_for_peers(1, limit));
        REQUIRE(second.wait_for_peers(1, limit));
        if (first.pattern() == "pub" || first.pattern() == "xpub")
        {
            REQUIRE(first.wait_for_subscribers("", 1, limit));
        }
        if (first.pattern() == "xpub")
        {
            CHECK(text_of(must_receive(first)) == "\1");
        }
    }

    // All that was sent has arrived, and was received.
    void check(std::uint64_t first_sent, std::uint64_t second_sent)
    {
        for (const Socket* const socket : {&first, &second})
        {
            CAPTURE(socket->name());
            CHECK(socket->ledger().accepted == (socket == &first ? first_sent : second_sent));
        }
        // Who writes says so afterwards: a message may have arrived that does not count as written yet.
        kernel.await_state(
            [&]
            {
                return first.ledger().written == first_sent && second.ledger().written == second_sent;
            },
            "what was sent was written");
        kernel.check_exchange();
        const Ledger a = first.ledger();
        const Ledger b = second.ledger();
        CHECK(b.arrived == first_sent);
        CHECK(a.arrived == second_sent + (first.pattern() == "xpub" ? 1 : 0));
        CHECK(a.delivered == a.arrived);
        CHECK(b.delivered == b.arrived);
    }

    TestKernel kernel;
    Socket first;
    Socket second;
};

std::uint64_t bytes_of(const std::vector<std::size_t>& shape)
{
    std::uint64_t bytes = 0;
    for (const std::size_t size : shape)
    {
        bytes += size;
    }
    return bytes;
}

// Sends messages of all shapes, and by each way to send. Returns how many. (None begins like a subscription.)
std::uint64_t send_all(Socket& from, Socket& to)
{
    const std::uint64_t before = from.ledger().accepted_bytes;
    std::uint64_t bytes = 0;
    std::uint64_t count = 0;
    for (const std::vector<std::size_t>& shape : shapes)
    {
        must_send(from, make_message(count, shape));
        CHECK(problem_with(must_receive(to), 0, count, shape).empty());
        bytes += bytes_of(shape);
        ++count;
    }
    from.send(std::string_view("text"));
    CHECK(text_of(must_receive(to)) == "text");
    const std::array<std::string, 3> texts{"each", "of", "three"};
    std::array<Bytes, 3> batch;
    for (std::size_t i = 0; i < texts.size(); ++i)
    {
        batch[i] = std::as_bytes(std::span(texts[i]));
    }
    CHECK(from.send_batch(batch) == batch.size());
    for (const std::string& text : texts)
    {
        CHECK(text_of(must_receive(to)) == text);
    }
    bytes += 4 + 4 + 2 + 5;
    count += 4;
    CHECK(from.ledger().accepted_bytes - before == bytes);
    return count;
}

using Pair = std::pair<const char*, const char*>;

// Calls `check(first, second, threads)` for each pair of patterns and each way of driving.
template <class Check>
void for_each_pair(std::initializer_list<Pair> pairs, Check check)
{
    for (const Pair& pair : pairs)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(pair.first);
            CAPTURE(pair.second);
            CAPTURE(threads);
            check(pair.first, pair.second, threads);
        }
    }
}

} // namespace

TEST_CASE("what is sent one way between two sockets arrives, in messages and in bytes")
{
    for_each_pair({{"push", "pull"}, {"pub", "sub"}, {"pub", "xsub"}, {"xpub", "sub"}},
                  [](const char* from, const char* to, unsigned threads)
                  {
                      Two two(threads, from, to);
                      const std::uint64_t sent = send_all(two.first, two.second);
                      two.check(sent, 0);
                  });
}

TEST_CASE("what is sent both ways between two sockets arrives, in messages and in bytes")
{
    for_each_pair({{"pair", "pair"}, {"dealer", "dealer"}, {"xpub", "xsub"}},
                  [](const char* one, const char* other, unsigned threads)
                  {
                      Two two(threads, one, other);
                      const std::uint64_t down = send_all(two.first, two.second);
                      const std::uint64_t up = send_all(two.second, two.first);
                      two.check(down, up);
                  });
}

TEST_CASE("requests and replies arrive, in messages and in bytes, of which addresses and envelopes are none")
{
    for_each_pair(
        {{"rep", "req"}, {"rep", "dealer"}, {"router", "req"}, {"router", "dealer"}, {"router", "router"}},
        [](const char* server, const char* client, unsigned threads)
        {
            const bool routes = client == std::string_view("router");
            const bool delimits = client == std::string_view("dealer") && server == std::string_view("rep");
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("in", server, "bind tcp://127.0.0.1:*") +
                            socket_lines("out", client, routes ? "connect_routing_id server" : "")});
            Socket in = kernel["in"];
            Socket out = kernel["out"];
            out.connect(in.last_endpoint());
            REQUIRE(in.wait_for_peers(1, limit));
            REQUIRE(out.wait_for_peers(1, limit));
            std::uint64_t bytes = 0;
            std::uint64_t count = 0;
            for (const std::vector<std::size_t>& shape : shapes)
            {
                Message request = make_message(count, shape);
                if (routes || delimits)
                {
                    request.push_front(Frame(routes ? "server" : ""));
                }
                must_send(out, std::move(request));
                must_send(in, must_receive(in));
                CHECK(problem_with(must_receive(out), routes || delimits ? 1 : 0, count, shape).empty());
                bytes += bytes_of(shape);
                ++count;
            }
            kernel.check_exchange();
            for (const Socket& socket : {in, out})
            {
                const Ledger ledger = socket.ledger();
                CAPTURE(socket.name());
                CHECK(ledger.accepted == count);
                CHECK(ledger.accepted_bytes == bytes);
                CHECK(ledger.written == count);
                CHECK(ledger.arrived == count);
                CHECK(ledger.delivered == count);
            }
        });
}

TEST_CASE("what has no way to go is accepted, in messages and in bytes")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("router", "router") + socket_lines("pub", "pub") +
                        socket_lines("xpub", "xpub", "bind tcp://127.0.0.1:*\nxpub_welcome_msg hello") +
                        socket_lines("sub", "sub", "subscribe \"\"")});
        Socket router = kernel["router"];
        must_send(router, Message{"nobody", "12", "345"});
        CHECK(router.ledger().accepted_bytes == 5);
        CHECK(router.ledger().dropped_unroutable == 1);
        Socket pub = kernel["pub"];
        must_send(pub, Message{"12", "345"});
        CHECK(pub.ledger().accepted_bytes == 5);
        CHECK(pub.ledger().unmatched == 1);
        Socket xpub = kernel["xpub"];
        Socket sub = kernel["sub"];
        sub.connect(xpub.last_endpoint());
        CHECK(text_of(must_receive(sub)) == "hello");
        CHECK(text_of(must_receive(xpub)) == "\1");
        CHECK(xpub.ledger().accepted_bytes == 5);
        kernel.check_exchange();
        CHECK(xpub.ledger().written == 1);
    }
}

TEST_CASE("a probe or a welcome for which the budget has no room is accepted, dropped and counted")
{
    constexpr const char* tiny =
        "policies\n{\ntiny\n{\nrole backpressure\nuse semaphore\nbytes 10B\noversize refuse\n}\n}\n";
    using Row = std::pair<const char*, const char*>;
    for (const Row& row : {Row{"dealer", "router"}, Row{"xpub", "sub"}})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(row.first);
            CAPTURE(threads);
            const bool publishes = row.first == std::string_view("xpub");
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("from", row.first,
                                         std::string("backpressure tiny\n") +
                                             (publishes ? "xpub_welcome_msg hello" : "probe_router true")) +
                            socket_lines("to", row.second, "bind tcp://127.0.0.1:*"),
                 .more = tiny});
            Socket from = kernel["from"];
            from.connect(kernel["to"].last_endpoint());
            REQUIRE(from.wait_for_peers(1, limit));
            const Ledger ledger = from.ledger();
            CHECK(ledger.accepted == 1);
            CHECK(ledger.dropped_full == 1);
            CHECK(ledger.queued + ledger.written == 0);
        }
    }
}
