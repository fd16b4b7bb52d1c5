#include "session.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using spaceframe::length_prefix::Session;
using spaceframe::plugin::testing::FakeHost;
using Bytes = std::vector<std::uint8_t>;

namespace
{

struct Got
{
    std::string body;
    std::uint32_t flags;

    bool operator==(const Got&) const = default;
};

sf_session_config config_of(const char* type, std::string_view identity)
{
    sf_session_config config{};
    config.size = sizeof config;
    config.socket_type = type;
    config.identity = {reinterpret_cast<const std::uint8_t*>(identity.data()), identity.size()};
    config.max_message_size = 1000;
    config.max_frames = 4;
    config.send_identity = identity.empty() ? 0 : 1;
    return config;
}

// One end: what it received, and the bytes that it has for the other end.
struct End
{
    explicit End(const char* type, std::string_view identity = {})
        : session(host.table(), config_of(type, identity))
    {}

    Bytes start()
    {
        Bytes bytes(SF_CONTROL_CAPACITY);
        sf_output control{bytes.data(), bytes.size(), 0};
        REQUIRE(session.start(0, control) == SF_OK);
        bytes.resize(control.length);
        return bytes;
    }

    // Feeds bytes; collects frames and events until there is no progress. What is not consumed is kept.
    sf_status feed(const Bytes& bytes)
    {
        pending.insert(pending.end(), bytes.begin(), bytes.end());
        for (;;)
        {
            std::array<sf_frame, 2> out{};
            sf_decode call{};
            call.size = sizeof call;
            call.data = pending.data();
            call.length = pending.size();
            call.frames = out.data();
            call.frame_capacity = out.size();
            const sf_status status = session.decode(call);
            if (status != SF_OK)
            {
                return status;
            }
            need = call.need;
            for (std::size_t i = 0; i < call.frame_count; ++i)
            {
                frames.push_back({{reinterpret_cast<const char*>(out[i].data), out[i].size}, out[i].flags});
            }
            take(call.event);
            pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(call.consumed));
            if (call.consumed == 0 && call.event.kind == SF_EVENT_NONE)
            {
                return SF_OK;
            }
        }
    }

    void take(const sf_event& event)
    {
        if (event.kind == SF_EVENT_AUTHORISE)
        {
            peer = std::string(event.socket_type.data, event.socket_type.size) + "/" +
                   std::string(reinterpret_cast<const char*>(event.identity.data), event.identity.size);
        }
        if (event.kind == SF_EVENT_PEER_ERROR)
        {
            reason.assign(event.reason.data, event.reason.size);
        }
        ready = ready || event.kind == SF_EVENT_READY;
    }

    FakeHost host;
    Session session;
    Bytes pending;
    std::vector<Got> frames;
    std::string peer;
    std::string reason;
    bool ready = false;
    std::size_t need = 0;
};

void admit(End& end)
{
    sf_output none{nullptr, 0, 0};
    REQUIRE(end.session.authorise(SF_OK, "", none) == SF_OK);
    REQUIRE(end.feed({}) == SF_OK);
    REQUIRE(end.ready);
}

struct Encoded
{
    Bytes data = Bytes(4096);
    std::array<std::uint32_t, 8> ends{};
    std::array<sf_insert, 8> inserts{};
    sf_encode call{};

    sf_status run(Session& session, const std::vector<sf_frame>& frames, std::size_t capacity = 4096)
    {
        call.size = sizeof call;
        call.frames = frames.data();
        call.frame_count = frames.size();
        call.reference_from = 64;
        call.data = data.data();
        call.capacity = capacity;
        call.ends = ends.data();
        call.end_capacity = ends.size();
        call.inserts = inserts.data();
        call.insert_capacity = inserts.size();
        return session.encode(call);
    }

    // The bytes as they go on the wire.
    Bytes wire() const
    {
        Bytes all;
        std::size_t from = 0;
        const auto copy_to = [&](std::size_t end)
        {
            all.insert(all.end(), data.begin() + static_cast<std::ptrdiff_t>(from),
                       data.begin() + static_cast<std::ptrdiff_t>(end));
            from = end;
        };
        for (std::size_t i = 0; i < call.insert_count; ++i)
        {
            copy_to(inserts[i].at);
            all.insert(all.end(), inserts[i].body.data, inserts[i].body.data + inserts[i].body.size);
        }
        copy_to(call.length);
        return all;
    }
};

sf_frame frame(std::string_view body, std::uint32_t flags = 0, sf_owner* owner = nullptr)
{
    return {owner, reinterpret_cast<const std::uint8_t*>(body.data()), body.size(), flags, 0};
}

// An owner that nobody looks into.
sf_owner* some_owner()
{
    static char anchor;
    return reinterpret_cast<sf_owner*>(&anchor);
}

void join(End& left, End& right)
{
    const Bytes from_left = left.start();
    const Bytes from_right = right.start();
    REQUIRE(right.feed(from_left) == SF_OK);
    REQUIRE(left.feed(from_right) == SF_OK);
    admit(left);
    admit(right);
}

} // namespace

TEST_CASE("length-prefix: the hello carries socket type and identity, and suspends until the verdict")
{
    End dealer("DEALER", "worker-1");
    End router("ROUTER");
    const Bytes hello = dealer.start();
    for (const std::uint8_t byte : hello)
    {
        CHECK(router.peer.empty());
        CHECK(router.feed({byte}) == SF_OK);
    }
    CHECK(router.peer == "DEALER/worker-1");
    CHECK(router.feed({0, 0, 0, 1, 'x'}) == SF_OK);
    CHECK(router.frames.empty());
    CHECK_FALSE(router.ready);
    admit(router);
    CHECK(router.frames == std::vector<Got>{{"x", 0}});

    CHECK(dealer.feed(router.start()) == SF_OK);
    CHECK(dealer.peer == "ROUTER/");
}

TEST_CASE("length-prefix: a refusal reaches the peer with its reason")
{
    End push("PUSH");
    End router("ROUTER");
    REQUIRE(router.feed(push.start()) == SF_OK);
    Bytes bytes(SF_CONTROL_CAPACITY);
    sf_output control{bytes.data(), bytes.size(), 0};
    CHECK(router.session.authorise(SF_REFUSED, "PUSH does not talk to ROUTER", control) == SF_OK);
    bytes.resize(control.length);
    CHECK(push.feed(bytes) == SF_OK);
    CHECK(push.reason == "PUSH does not talk to ROUTER");
}

TEST_CASE("length-prefix: messages and subscriptions arrive as they were sent, however the bytes are cut")
{
    End left("XSUB");
    End right("XPUB");
    join(left, right);
    Bytes topic(64);
    sf_output output{topic.data(), topic.size(), 0};
    REQUIRE(left.session.subscribe({reinterpret_cast<const std::uint8_t*>("abc"), 3}, output) == SF_OK);
    REQUIRE(left.session.cancel({nullptr, 0}, output) == SF_OK);
    topic.resize(output.length);

    const std::string large(300, 'L');
    Encoded encoded;
    REQUIRE(encoded.run(left.session, {frame("one", SF_FRAME_MORE), frame(large, SF_FRAME_MORE, some_owner()),
                                       frame(""), frame("two")}) == SF_OK);
    CHECK(encoded.call.messages_taken == 2);
    CHECK(encoded.call.insert_count == 1);
    CHECK(encoded.inserts[0].frame == 1);
    Bytes wire = encoded.wire();
    wire.insert(wire.begin(), topic.begin(), topic.end());

    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    for (std::size_t at = 0; at < wire.size();)
    {
        const std::size_t size = std::min<std::size_t>(1 + random() % 40, wire.size() - at);
        const auto from = wire.begin() + static_cast<std::ptrdiff_t>(at);
        REQUIRE(right.feed(Bytes(from, from + static_cast<std::ptrdiff_t>(size))) == SF_OK);
        at += size;
    }
    CHECK(right.pending.empty());
    CHECK(right.frames == std::vector<Got>{{"abc", SF_FRAME_SUBSCRIBE},
                                           {"", SF_FRAME_CANCEL},
                                           {"one", SF_FRAME_MORE},
                                           {large, SF_FRAME_MORE},
                                           {"", 0},
                                           {"two", 0}});
}

TEST_CASE("length-prefix: a frame that is not there yet says how many bytes it needs")
{
    End end("PULL");
    End peer("PUSH");
    join(end, peer);
    CHECK(end.feed({0, 0, 1}) == SF_OK);
    CHECK(end.need == 4);
    CHECK(end.feed({0, 7}) == SF_OK);
    CHECK(end.need == 260);
}

TEST_CASE("length-prefix: what breaks the protocol or a cap ends the session")
{
    const auto status_of = [](const Bytes& bytes)
    {
        End end("PULL");
        End peer("PUSH");
        join(end, peer);
        return end.feed(bytes);
    };
    CHECK(status_of({0, 0, 3, 0xE8 + 1}) == SF_TOO_LARGE);
    CHECK(status_of({0x80, 0, 3, 0xE7, 0}) == SF_OK);
    CHECK(status_of({0x80, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}) ==
          SF_TOO_LARGE);
    Bytes both{0x80, 0, 2, 0x58}; // 600 bytes each: together too many
    both.resize(4 + 600);
    both.insert(both.end(), {0, 0, 2, 0x58});
    CHECK(status_of(both) == SF_TOO_LARGE);
    CHECK(status_of({0xC0, 0, 0, 1, 'S'}) == SF_PROTOCOL);
    CHECK(status_of({0x40, 0, 0, 1, '?'}) == SF_PROTOCOL);
    CHECK(status_of({0x40, 0, 0, 0}) == SF_PROTOCOL);
    CHECK(status_of({0x7F, 0xFF, 0xFF, 0xFF}) == SF_TOO_LARGE);

    End fresh("PULL");
    CHECK(fresh.feed({'G', 'E', 'T', ' '}) == SF_TOO_LARGE);
    CHECK(End("PULL").feed({0, 0, 0, 1, 'x'}) == SF_PROTOCOL);
    CHECK(End("PULL").feed({0x40, 0, 0, 2, 'H', 9}) == SF_PROTOCOL);
}

TEST_CASE("length-prefix: encode takes whole messages, and says what the first one needs")
{
    End end("PUSH");
    Encoded encoded;
    const std::vector<sf_frame> frames{frame("aaaa", SF_FRAME_MORE), frame("bb"), frame("cc")};
    REQUIRE(encoded.run(end.session, frames, 13) == SF_OK);
    CHECK(encoded.call.messages_taken == 0);
    CHECK(encoded.call.length == 14);
    REQUIRE(encoded.run(end.session, frames, 19) == SF_OK);
    CHECK(encoded.call.messages_taken == 1);
    CHECK(encoded.call.frames_taken == 2);
    CHECK(encoded.ends[0] == 14);
    REQUIRE(encoded.run(end.session, frames, 20) == SF_OK);
    CHECK(encoded.call.messages_taken == 2);
    CHECK(encoded.ends[1] == 20);
    CHECK(end.session.encoding_key() != 0);
    CHECK(end.session.encoding_key() == End("DEALER").session.encoding_key());

    Bytes small(7);
    sf_output output{small.data(), small.size(), 0};
    CHECK(end.session.subscribe({small.data(), 3}, output) == SF_WOULD_BLOCK);
    CHECK(output.length == 8);
}

TEST_CASE("length-prefix: recover gives back the whole messages that encode made, and skips subscriptions")
{
    End end("PUSH");
    const std::string large(100, 'L');
    Encoded encoded;
    REQUIRE(encoded.run(end.session, {frame("one", SF_FRAME_MORE), frame(large, 0, some_owner()),
                                      frame("two"), frame("", SF_FRAME_MORE), frame("three")}) == SF_OK);
    sf_output output{encoded.data.data(), encoded.data.size(), encoded.call.length};
    REQUIRE(end.session.subscribe({encoded.data.data(), 3}, output) == SF_OK);

    std::array<sf_frame, 4> out{};
    sf_recover call{};
    call.size = sizeof call;
    call.data = encoded.data.data();
    call.length = output.length;
    call.inserts = encoded.inserts.data();
    call.insert_count = encoded.call.insert_count;
    call.frames = out.data();
    call.frame_capacity = out.size();
    REQUIRE(end.session.recover(call) == SF_OK);
    CHECK(call.frame_count == 3);
    CHECK(call.consumed == encoded.ends[1]);
    CHECK(std::string(reinterpret_cast<const char*>(out[1].data), out[1].size) == large);
    CHECK(out[0].flags == SF_FRAME_MORE);

    call.data += call.consumed;
    call.length -= call.consumed;
    call.insert_count = 0;
    REQUIRE(end.session.recover(call) == SF_OK);
    CHECK(call.frame_count == 2);
    CHECK(call.consumed == call.length);
    CHECK(std::string(reinterpret_cast<const char*>(out[1].data), out[1].size) == "three");
}
