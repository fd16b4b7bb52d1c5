#include "link.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

using namespace zmtp_test;

namespace
{

// What `encode` made, with all that it refers to.
struct Encoded
{
    std::vector<std::uint8_t> data;
    std::vector<sf_insert> inserts;
    std::vector<std::uint32_t> ends;

    // The bytes as they go to the peer.
    std::string wire() const
    {
        std::string all;
        std::size_t position = 0;
        for (const sf_insert& insert : inserts)
        {
            all.append(reinterpret_cast<const char*>(data.data()) + position, insert.at - position);
            all.append(reinterpret_cast<const char*>(insert.body.data), insert.body.size);
            position = insert.at;
        }
        return all.append(reinterpret_cast<const char*>(data.data()) + position, data.size() - position);
    }
};

Encoded encode(Link& link, const std::vector<ReceivedFrame>& frames, std::size_t reference_from)
{
    std::vector<sf_frame> list;
    std::size_t capacity = 0;
    for (const ReceivedFrame& frame : frames)
    {
        list.push_back({reinterpret_cast<sf_owner*>(&list),
                        reinterpret_cast<const std::uint8_t*>(frame.body.data()), frame.body.size(),
                        frame.flags, 0});
        capacity += frame.body.size() + 9;
    }
    Encoded out;
    out.data.resize(capacity);
    out.inserts.resize(frames.size());
    out.ends.resize(frames.size());
    sf_encode call{};
    call.size = sizeof call;
    call.frames = list.data();
    call.frame_count = list.size();
    call.reference_from = reference_from;
    call.data = out.data.data();
    call.capacity = out.data.size();
    call.ends = out.ends.data();
    call.end_capacity = out.ends.size();
    call.inserts = out.inserts.data();
    call.insert_capacity = out.inserts.size();
    REQUIRE(link.session().encode(call) == SF_OK);
    REQUIRE(call.frames_taken == frames.size());
    out.data.resize(call.length);
    out.data.shrink_to_fit();
    out.inserts.resize(call.insert_count);
    out.ends.resize(call.messages_taken);
    return out;
}

sf_recover make_call(const Encoded& encoded, std::vector<sf_frame>& frames)
{
    sf_recover call{};
    call.size = sizeof call;
    call.data = encoded.data.data();
    call.length = encoded.data.size();
    call.inserts = encoded.inserts.data();
    call.insert_count = encoded.inserts.size();
    call.frames = frames.data();
    call.frame_capacity = frames.size();
    return call;
}

std::vector<ReceivedFrame> taken(const sf_recover& call)
{
    std::vector<ReceivedFrame> frames;
    for (std::size_t i = 0; i != call.frame_count; ++i)
    {
        const auto* const data = reinterpret_cast<const char*>(call.frames[i].data);
        frames.push_back({std::string(data, call.frames[i].size), call.frames[i].flags});
    }
    return frames;
}

} // namespace

TEST_CASE("random messages survive encoding and decoding, and encoding and recovery")
{
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t limit)
    {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    Link link;
    complete(link, "ROUTER");
    for (int round = 0; round != 200; ++round)
    {
        std::vector<ReceivedFrame> frames;
        for (std::size_t message = below(20) + 1; message-- > 0;)
        {
            for (std::size_t frame = below(4) + 1; frame-- > 0;)
            {
                constexpr std::size_t limits[] = {4, 70, 300, 3000};
                std::string body(below(limits[below(4)]), '\0');
                for (char& byte : body)
                {
                    byte = static_cast<char>(below(256));
                }
                frames.push_back({std::move(body), frame == 0 ? 0U : std::uint32_t{SF_FRAME_MORE}});
            }
        }
        const Encoded encoded = encode(link, frames, below(500));

        std::vector<sf_frame> list(frames.size());
        sf_recover call = make_call(encoded, list);
        REQUIRE(link.session().recover(call) == SF_OK);
        CHECK(call.consumed == encoded.data.size());
        REQUIRE(taken(call) == frames);

        const std::string wire = encoded.wire();
        const std::size_t cut = below(wire.size() + 1);
        link.frames.clear();
        link.feed(wire.substr(0, cut));
        link.feed(wire.substr(cut));
        REQUIRE(link.frames == frames);
    }
}

TEST_CASE("recovery into too few places takes whole messages, and goes on behind them")
{
    Link link;
    complete(link, "ROUTER");
    const std::vector<ReceivedFrame> frames = {{"a", 0}, {"b", SF_FRAME_MORE}, {"c", 0}, {"d", 0}};
    const Encoded encoded = encode(link, frames, 0);
    std::vector<sf_frame> list(2);
    sf_recover call = make_call(encoded, list);
    REQUIRE(link.session().recover(call) == SF_OK);
    CHECK(taken(call) == std::vector<ReceivedFrame>{{"a", 0}});
    CHECK(call.consumed == encoded.ends[0]);

    call.data += call.consumed;
    call.length -= call.consumed;
    std::vector<sf_insert> rest(encoded.inserts.begin() + 1, encoded.inserts.end());
    for (sf_insert& insert : rest)
    {
        insert.at -= encoded.ends[0];
    }
    call.inserts = rest.data();
    call.insert_count = rest.size();
    REQUIRE(link.session().recover(call) == SF_OK);
    CHECK(taken(call) == std::vector<ReceivedFrame>{{"b", SF_FRAME_MORE}, {"c", 0}});
}

TEST_CASE("recovery skips commands, and the subscriptions that a subscriber sent to a 3.0 peer")
{
    Config config;
    config.socket_type = "XSUB";
    config.send_subscriptions = true;
    for (const int minor : {0, 1})
    {
        CAPTURE(minor);
        Link link(config);
        complete(link, "XPUB", minor);
        const std::string topic = minor == 0 ? frame(bytes({1}) + "t") : command("SUBSCRIBE", "t");
        const std::string wire =
            topic + frame("x", 1) + command("PONG") + frame("\x01y") + command("PING", "12");
        Encoded encoded;
        encoded.data.assign(wire.begin(), wire.end());
        std::vector<sf_frame> list(8);
        sf_recover call = make_call(encoded, list);
        REQUIRE(link.session().recover(call) == SF_OK);
        CHECK(taken(call) == std::vector<ReceivedFrame>{{"x", SF_FRAME_MORE}, {"\x01y", 0}});
        CHECK(call.consumed == wire.size());
    }
}

TEST_CASE("recovery of bytes that are no whole messages fails")
{
    Link link;
    complete(link, "ROUTER");
    for (const std::string& wire :
         {frame("abc").substr(0, 4), frame("abc", 1), bytes({0x80, 0}), bytes({2, 0})})
    {
        Encoded encoded;
        encoded.data.assign(wire.begin(), wire.end());
        std::vector<sf_frame> list(8);
        sf_recover call = make_call(encoded, list);
        CHECK(link.session().recover(call) == SF_INVALID);
    }
}
