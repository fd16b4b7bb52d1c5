// Endpoints that dial no more, and for which there is no memory then.
#include "scarce_memory.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace spaceframe;
using namespace spaceframe::testing;

TEST_CASE(
    "messages of an endpoint that is closed without memory go to others, the last with the next one sent")
{
    const std::string nobody = "tcp://127.0.0.1:9";
    bool shared = false;
    for (std::size_t requests = 0;; ++requests)
    {
        CAPTURE(requests);
        REQUIRE(requests < 1000);
        TestKernel kernel({.threads = 0,
                           .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*") +
                                      socket_lines("push", "push", "reconnect_ivl 1h")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        push.connect(nobody);
        push.connect(pull.last_endpoint());
        REQUIRE(push.wait_for_peers(1, limit));
        for (int i = 0; i < 200; ++i)
        {
            must_send(push, Message("text"));
        }
        const bool lacked = with_memory_for(requests, Refuse::one,
                                            [&]
                                            {
                                                push.disconnect(nobody);
                                            });
        error_code error; // when that is done already
        push.disconnect(nobody, error);
        REQUIRE(push.peers().size() == 1);
        const std::size_t assigned = push.peers().front().ledger.assigned;
        shared = shared || (assigned > 100 && assigned < 200);
        for (std::size_t received = 0; received < 201; ++received)
        {
            if (received == assigned)
            {
                must_send(push, Message("text"));
            }
            must_receive(pull);
        }
        if (!lacked)
        {
            CHECK(assigned == 200);
            break;
        }
    }
    CHECK(shared);
}
