#include "link.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

using namespace zmtp_test;

namespace
{

std::size_t allocations = 0;

} // namespace

// The program's own operator new counts. gcc takes free for the wrong partner of a new that it has inlined.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t size)
{
    ++allocations;
    void* const block = std::malloc(size != 0 ? size : 1);
    if (block == nullptr)
    {
        throw std::bad_alloc();
    }
    return block;
}

void operator delete(void* block) noexcept
{
    std::free(block);
}

void operator delete(void* block, std::size_t) noexcept
{
    std::free(block);
}

#pragma GCC diagnostic pop

TEST_CASE("neither half of an active session allocates")
{
    Config config;
    config.socket_type = "XPUB";
    Link link(config);
    complete(link, "XSUB");
    const std::string body(300, 'b');
    std::string wire = frame("short", 1) + frame(body) + command("PING", bytes({0, 1}) + "context") +
                       command("SUBSCRIBE", "topic") + command("UNKNOWN");
    std::vector<sf_frame> frames(16);
    std::vector<std::uint8_t> control(SF_CONTROL_CAPACITY);
    std::vector<std::uint8_t> data(4096);
    std::vector<std::uint32_t> ends(16);
    std::vector<sf_insert> inserts(16);
    sf_time next = 0;

    std::size_t decoded = 0;
    bool fine = true;
    const std::size_t before = allocations;
    for (int round = 0; round != 100; ++round)
    {
        sf_decode decode{};
        decode.size = sizeof decode;
        decode.now = link.now;
        decode.data = reinterpret_cast<std::uint8_t*>(wire.data());
        decode.length = wire.size();
        decode.frames = frames.data();
        decode.frame_capacity = frames.size();
        decode.control = {control.data(), control.size(), 0};
        fine = fine && link.session().decode(decode) == SF_OK && decode.consumed == wire.size();
        decoded += decode.frame_count;

        sf_encode encode{};
        encode.size = sizeof encode;
        encode.frames = frames.data();
        encode.frame_count = 2;
        encode.reference_from = 100;
        encode.data = data.data();
        encode.capacity = data.size();
        encode.ends = ends.data();
        encode.end_capacity = ends.size();
        encode.inserts = inserts.data();
        encode.insert_capacity = inserts.size();
        fine = fine && link.session().encode(encode) == SF_OK && encode.messages_taken == 1;

        sf_output output{control.data(), control.size(), 0};
        fine = fine && link.session().tick(link.now, output, next) == SF_OK;
    }
    const std::size_t made = allocations - before;
    CHECK(fine);
    CHECK(decoded == 300);
    CHECK(made == 0);
}
