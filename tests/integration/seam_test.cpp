// The seam between kernel, protocols and transports is real: patterns run over a protocol that is not ZMTP
// and over a transport that is no socket as they do over the real ones.
#include "content.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

using Sizes = std::vector<std::vector<std::size_t>>;

struct Transport
{
    std::string endpoint; // to bind
    std::string options;  // of both endpoints
    std::size_t largest;  // body
};

const Transport tcp{"tcp://127.0.0.1:*", "", 1024 * 1024};
const Transport ipc{"ipc://*", "", 1024 * 1024};
const Transport single_bytes{"mem://seam-", "read_at_most 1\nwrite_at_most 1\n", 2'000};
const Transport odd_splits{"mem://seam-", "read_at_most 1,7,3,4099,2,65535\nwrite_at_most 5,1,8191,2,30011\n",
                           1024 * 1024};

// The sizes of the frames of each message.
Sizes shapes(std::size_t largest)
{
    Sizes shapes;
    for (const std::size_t size : {0U, 1U, 255U, 256U, 65535U, 65536U, 1024U * 1024U})
    {
        shapes.push_back({std::min<std::size_t>(size, largest)});
        shapes.push_back({3, std::min<std::size_t>(size, largest), 0});
    }
    for (std::size_t frames = 1; frames <= 64; ++frames)
    {
        std::vector<std::size_t> sizes(frames);
        std::iota(sizes.begin(), sizes.end(), std::size_t{0});
        sizes.back() = std::min<std::size_t>(frames * 7, largest);
        shapes.push_back(std::move(sizes));
    }
    return shapes;
}

// Two sockets that are joined: `binder` binds. Options of a transport stand at the endpoints.
std::string joined(const Transport& transport, const std::string& protocol, const std::string& binder,
                   const std::string& dialler)
{
    static std::atomic<int> count{0};
    std::string at_binder = "protocol " + protocol + "\n";
    std::string at_dialler = at_binder;
    if (!transport.options.empty())
    {
        const std::string place = " {\nendpoint " + transport.endpoint + std::to_string(count++) + "\n" +
                                  transport.options + "\n}\n";
        at_binder += "bind" + place;
        at_dialler += "connect" + place;
    }
    return socket_lines("b", binder, at_binder) + socket_lines("a", dialler, at_dialler + "identity us\n");
}

void meet(TestKernel& kernel, const Transport& transport)
{
    if (transport.options.empty())
    {
        kernel["a"].connect(kernel["b"].bind(transport.endpoint));
    }
}

void push_and_pull(TestKernel& kernel, const Transport& transport)
{
    Socket push = kernel["a"];
    Socket pull = kernel["b"];
    meet(kernel, transport);
    const Sizes all = shapes(transport.largest);
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        must_send(push, make_message(i, all[i]));
    }
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        REQUIRE(problem_with(must_receive(pull), 0, i, all[i]) == "");
    }
    CHECK(kernel.close(limit).complete);
    CHECK(push.ledger().written == all.size());
    CHECK(pull.ledger().delivered == all.size());
}

void ask_and_answer(TestKernel& kernel, const Transport& transport)
{
    Socket dealer = kernel["a"];
    Socket router = kernel["b"];
    meet(kernel, transport);
    const Sizes all = shapes(transport.largest);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        must_send(dealer, make_message(i, all[i]));
    }
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        Message request = must_receive(router);
        REQUIRE(text_of(request) == "us");
        REQUIRE(problem_with(request, 1, i, all[i]) == "");
        must_send(router, std::move(request));
    }
    for (; answered < all.size(); ++answered)
    {
        REQUIRE(problem_with(must_receive(dealer), 0, answered, all[answered]) == "");
    }
    CHECK(kernel.close(limit).complete);
    for (const char* name : {"a", "b"})
    {
        CHECK(kernel[name].ledger().written == all.size());
        CHECK(kernel[name].ledger().delivered == all.size());
    }
}

void publish_and_subscribe(TestKernel& kernel, const Transport& transport)
{
    Socket xpub = kernel["b"];
    Socket xsub = kernel["a"];
    xsub.subscribe("early/");
    meet(kernel, transport);
    CHECK(text_of(must_receive(xpub)) == "\1early/");
    xsub.subscribe(std::string(transport.largest, 't'));
    CHECK(text_of(must_receive(xpub)).size() == transport.largest + 1);
    xsub.unsubscribe("early/");
    CHECK(text_of(must_receive(xpub)) == std::string(1, '\0') + "early/");
    must_send(xsub, Message("upstream"));
    CHECK(text_of(must_receive(xpub)) == "upstream");
    xsub.subscribe("");
    CHECK(text_of(must_receive(xpub)) == "\1");
    const Sizes all = shapes(transport.largest);
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        must_send(xpub, make_message(i, all[i]));
    }
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        REQUIRE(problem_with(must_receive(xsub), 0, i, all[i]) == "");
    }
    CHECK(kernel.close(limit).complete);
    CHECK(xpub.ledger().copies == all.size());
    CHECK(xpub.ledger().written == all.size());
}

void over(const Transport& transport)
{
    for (const char* protocol : {"zmtp", "length-prefix"})
    {
        for (const unsigned threads : {0U, 1U, 2U})
        {
            CAPTURE(protocol);
            CAPTURE(threads);
            {
                TestKernel kernel(
                    {.threads = threads, .sockets = joined(transport, protocol, "pull", "push")});
                push_and_pull(kernel, transport);
            }
            {
                TestKernel kernel(
                    {.threads = threads, .sockets = joined(transport, protocol, "router", "dealer")});
                ask_and_answer(kernel, transport);
            }
            TestKernel kernel({.threads = threads, .sockets = joined(transport, protocol, "xpub", "xsub")});
            publish_and_subscribe(kernel, transport);
        }
    }
}

} // namespace

TEST_CASE("patterns run over tcp with each protocol")
{
    over(tcp);
}

TEST_CASE("patterns run over ipc with each protocol")
{
    over(ipc);
}

TEST_CASE("patterns run over a transport that moves one byte at a time with each protocol")
{
    over(single_bytes);
}

TEST_CASE("patterns run over a transport that splits at odd places with each protocol")
{
    over(odd_splits);
}

TEST_CASE("patterns run over a transport that may be used by two threads at once with each protocol")
{
    over({"memp://seam-", odd_splits.options, odd_splits.largest});
}
