// What messages cost that an application keeps.
#include "content.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

// Of this process, in bytes.
std::size_t resident_memory()
{
    std::size_t pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

// Each pair takes more than a third of the memory that a read goes into.
TEST_CASE("small messages that are kept for long, one of each read, do not keep what came beside them")
{
    constexpr std::size_t count = 6'000;
    const std::string large = body(1, 50'000);
    TestKernel kernel({.sockets = socket_lines("push", "push", "send_hwm 0") +
                                  socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
    Socket push = kernel["push"];
    Socket pull = kernel["pull"];
    push.connect(pull.last_endpoint());
    REQUIRE(push.wait_for_peers(1, limit));
    const std::size_t before = resident_memory();
    std::vector<Message> kept;
    for (std::size_t i = 0; i < count; ++i)
    {
        must_send(push, Message(std::string_view(body(i, 10))));
        must_send(push, Message(std::string_view(large)));
        kept.push_back(must_receive(pull));
        CHECK(must_receive(pull).byte_size() == large.size());
    }
    for (std::size_t i = 0; i < count; ++i)
    {
        CHECK(text_of(kept[i]) == body(i, 10));
    }
#ifdef SPACEFRAME_TEST_SANITIZED
    // The memory is mostly the sanitizer's.
    static_cast<void>(before);
#else
    // 64 MiB, what the messages hold, and as much again for whatever else there is. Each for itself would
    // keep 100 KB: 600 MB together.
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    CHECK(resident_memory() < before + 128 * mebibyte);
#endif
}
