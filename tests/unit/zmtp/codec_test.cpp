#include "link.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace zmtp_test;

namespace
{

constexpr std::size_t boundaries[] = {0,  1,   2,   3,   4,   7,   8,   15,  16,    31,    32,       63,
                                      64, 127, 128, 129, 254, 255, 256, 257, 65535, 65536, 5'000'000};

std::string body_of(std::size_t size)
{
    std::string body(size, '\0');
    for (std::size_t i = 0; i != size; ++i)
    {
        body[i] = static_cast<char>(i * 31 + (i >> 8U));
    }
    return body;
}

sf_encode make_call(const std::vector<sf_frame>& frames, std::vector<std::uint8_t>& data,
                    std::vector<std::uint32_t>& ends, std::vector<sf_insert>& inserts)
{
    sf_encode call{};
    call.size = sizeof call;
    call.frames = frames.data();
    call.frame_count = frames.size();
    call.reference_from = 1000;
    call.data = data.data();
    call.capacity = data.size();
    call.ends = ends.data();
    call.end_capacity = ends.size();
    call.inserts = inserts.data();
    call.insert_capacity = inserts.size();
    return call;
}

sf_frame frame_of(const std::string& body, std::uint32_t flags = 0, bool owned = false)
{
    static int owner = 0;
    return {owned ? reinterpret_cast<sf_owner*>(&owner) : nullptr,
            reinterpret_cast<const std::uint8_t*>(body.data()), body.size(), flags, 0};
}

} // namespace

TEST_CASE("a body of every boundary size is encoded as RFC 37 says")
{
    Link link;
    complete(link, "ROUTER");
    for (const std::size_t size : boundaries)
    {
        CAPTURE(size);
        const std::string body = body_of(size);
        CHECK(link.encode({{body, 0}}) == frame(body));
        CHECK(link.encode({{body, SF_FRAME_MORE}, {"", 0}}) == frame(body, 1) + frame(""));
    }
}

TEST_CASE("a body of every boundary size is decoded, and asked for as a whole")
{
    Link link;
    complete(link, "ROUTER");
    for (const std::size_t size : boundaries)
    {
        CAPTURE(size);
        const std::string body = body_of(size);
        const std::string wire = frame(body);
        link.frames.clear();
        if (size > 255)
        {
            link.feed(wire.substr(0, 9));
            CHECK(link.need == wire.size());
            link.feed(wire.substr(9));
        }
        else
        {
            link.feed(wire);
        }
        REQUIRE(link.frames.size() == 1);
        CHECK(link.frames[0] == ReceivedFrame{body, 0});
        CHECK(link.left() == 0);
    }
}

TEST_CASE("a short body in a long frame is decoded")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(bytes({2}) + big_endian(3, 8) + "abc");
    CHECK(link.frames == std::vector<ReceivedFrame>{{"abc", 0}});
}

TEST_CASE("more frames than there is place for are decoded in several calls")
{
    Config config;
    config.frame_capacity = 3;
    Link link(config);
    complete(link, "ROUTER");
    std::string wire;
    for (int i = 0; i != 100; ++i)
    {
        wire += frame(std::to_string(i), i % 2 == 0 ? 1 : 0);
    }
    link.feed(wire);
    REQUIRE(link.frames.size() == 100);
    CHECK(link.frames[98] == ReceivedFrame{"98", SF_FRAME_MORE});
    CHECK(link.frames[99] == ReceivedFrame{"99", 0});
}

TEST_CASE("encoding takes whole messages only, and says where each ends")
{
    Link link;
    complete(link, "ROUTER");
    const std::string body = body_of(100);
    const std::vector<sf_frame> frames = {frame_of(body), frame_of(body, SF_FRAME_MORE), frame_of(body),
                                          frame_of(body), frame_of(body, SF_FRAME_MORE)};
    std::vector<std::uint8_t> data(407);
    std::vector<std::uint32_t> ends(8);
    std::vector<sf_insert> inserts(4);

    sf_encode call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 3);
    CHECK(call.messages_taken == 2);
    CHECK(call.length == 306);
    CHECK(ends[0] == 102);
    CHECK(ends[1] == 306);

    data.resize(408);
    call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 4);
    CHECK(ends[2] == 408);

    call.end_capacity = 1;
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.messages_taken == 1);
    CHECK(call.length == 102);
}

TEST_CASE("encoding that finds no room for the first message says how much it needs")
{
    Link link;
    complete(link, "ROUTER");
    const std::string body = body_of(300);
    const std::vector<sf_frame> frames = {frame_of(body, SF_FRAME_MORE), frame_of(body)};
    std::vector<std::uint8_t> data(617);
    std::vector<std::uint32_t> ends(1);
    std::vector<sf_insert> inserts(1);

    sf_encode call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 0);
    CHECK(call.length == 618);

    data.resize(618);
    call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 2);
}

TEST_CASE("frames that end within a message are refused")
{
    Link link;
    complete(link, "ROUTER");
    const std::vector<sf_frame> frames = {frame_of("a", SF_FRAME_MORE)};
    std::vector<std::uint8_t> data(100);
    std::vector<std::uint32_t> ends(1);
    std::vector<sf_insert> inserts(1);
    sf_encode call = make_call(frames, data, ends, inserts);
    CHECK(link.session().encode(call) == SF_INVALID);
}

TEST_CASE("large bodies with an owner are referred to, others are copied")
{
    Link link;
    complete(link, "ROUTER");
    const std::string large = body_of(1000);
    const std::string small = body_of(999);
    const std::vector<sf_frame> frames = {frame_of(small, SF_FRAME_MORE, true),
                                          frame_of(large, SF_FRAME_MORE, true), frame_of(large)};
    std::vector<std::uint8_t> data(4000);
    std::vector<std::uint32_t> ends(1);
    std::vector<sf_insert> inserts(4);
    sf_encode call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.length == 3 * 9 + 999 + 1000);
    REQUIRE(call.insert_count == 1);
    CHECK(inserts[0].at == 9 + 999 + 9);
    CHECK(inserts[0].frame == 1);
    CHECK(inserts[0].body.data == frames[1].data);
    CHECK(inserts[0].body.size == 1000);

    // Without a place for the reference the first message is copied rather than stuck.
    call.insert_capacity = 0;
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 3);
    CHECK(call.insert_count == 0);
    CHECK(call.length == 3 * 9 + 999 + 2000);
}

TEST_CASE("a message that is not the first waits for a place for its references")
{
    Link link;
    complete(link, "ROUTER");
    const std::string large = body_of(1000);
    const std::vector<sf_frame> frames = {frame_of(large, 0, true), frame_of(large, 0, true)};
    std::vector<std::uint8_t> data(4000);
    std::vector<std::uint32_t> ends(4);
    std::vector<sf_insert> inserts(1);
    sf_encode call = make_call(frames, data, ends, inserts);
    REQUIRE(link.session().encode(call) == SF_OK);
    CHECK(call.frames_taken == 1);
    CHECK(call.insert_count == 1);
}

TEST_CASE("sessions of all versions share one encoding key, and make the same bytes")
{
    Link newer;
    complete(newer, "ROUTER", 1);
    Link older;
    complete(older, "ROUTER", 0);
    Link oldest;
    complete_2(oldest, 6);
    CHECK(newer.session().encoding_key() != 0);
    for (Link* other : {&older, &oldest})
    {
        CHECK(newer.session().encoding_key() == other->session().encoding_key());
        CHECK(newer.encode({{"x", SF_FRAME_MORE}, {"y", 0}}) ==
              other->encode({{"x", SF_FRAME_MORE}, {"y", 0}}));
    }
}
