// That the libzmq peers of the interop tests work with each other and notice when they get something else.
#include "content.hpp"
#include "peer_process.hpp"

#include <doctest/doctest.h>

#include <set>

namespace
{

using interop::PeerProcess;

// Runs two peers against each other, the first one bound.
std::pair<std::string, std::string> outcomes(std::vector<std::string> bound,
                                             std::vector<std::string> connected)
{
    bound.insert(bound.end(), {"--bind", "tcp://127.0.0.1:*"});
    PeerProcess first(bound);
    connected.insert(connected.end(), {"--connect", first.bound()});
    PeerProcess second(connected);
    std::string second_outcome = second.outcome();
    return {first.outcome(), second_outcome};
}

} // namespace

TEST_CASE("a thousand messages hold every size and every number of frames")
{
    std::set<std::size_t> sizes;
    std::set<std::size_t> counts;
    for (std::uint64_t index = 0; index < 1000; ++index)
    {
        const std::size_t count = interop::frame_count(interop::Parts::many, 1, index);
        counts.insert(count);
        for (std::size_t frame = 0; frame < count; ++frame)
        {
            sizes.insert(interop::body_size(1, index, frame));
        }
    }
    CHECK(sizes == std::set<std::size_t>{0, 1, 255, 256, 65535, 65536, 5'000'000});
    CHECK(counts.size() == 63);
    CHECK(*counts.begin() == 2);
    CHECK(*counts.rbegin() == 64);
}

TEST_CASE("libzmq peers exchange messages")
{
    CHECK(outcomes({"pull", "receive"}, {"push", "send"}) == std::pair<std::string, std::string>());
    CHECK(outcomes({"rep", "echo"}, {"req", "ask", "--window", "1"}) ==
          std::pair<std::string, std::string>());
    CHECK(outcomes({"router", "echo", "--peer", "them"}, {"dealer", "ask", "--identity", "them"}) ==
          std::pair<std::string, std::string>());
    CHECK(outcomes({"pair", "echo"}, {"pair", "ask"}) == std::pair<std::string, std::string>());
    CHECK(outcomes({"router", "echo,ask", "--peer", "them"}, {"dealer", "ask,echo", "--identity", "them"}) ==
          std::pair<std::string, std::string>());
    CHECK(outcomes({"xpub", "publish", "--parts", "one"}, {"sub", "subscribe", "--parts", "one"}) ==
          std::pair<std::string, std::string>());
    CHECK(outcomes({"xpub", "publish"}, {"sub", "subscribe"}) == std::pair<std::string, std::string>());
    CHECK(outcomes({"xpub", "publish"}, {"xsub", "subscribe"}) == std::pair<std::string, std::string>());
}

TEST_CASE("a libzmq peer notices other content")
{
    PeerProcess receiver({"pull", "receive", "--seed", "1", "--bind", "tcp://127.0.0.1:*"});
    PeerProcess sender({"push", "send", "--seed", "2", "--connect", receiver.bound()});
    CHECK(receiver.outcome().starts_with("problem message 0: "));
}

TEST_CASE("a libzmq peer notices another number of frames")
{
    PeerProcess receiver({"pull", "receive", "--parts", "one", "--bind", "tcp://127.0.0.1:*"});
    PeerProcess sender({"push", "send", "--parts", "many", "--connect", receiver.bound()});
    CHECK(receiver.outcome().starts_with("problem message 0: "));
}

TEST_CASE("a libzmq peer notices another identity")
{
    PeerProcess router({"router", "echo", "--peer", "them", "--bind", "tcp://127.0.0.1:*"});
    PeerProcess dealer({"dealer", "ask", "--identity", "others", "--connect", router.bound()});
    CHECK(router.outcome().starts_with("problem the identity"));
}
