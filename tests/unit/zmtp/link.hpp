#pragma once

#include "session.hpp"
#include "settings.hpp"
#include "wire_bytes.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zmtp_test
{

constexpr sf_time millisecond = 1'000'000;
constexpr sf_time second = 1'000'000'000;

struct ReceivedFrame
{
    std::string body;
    std::uint32_t flags;

    bool operator==(const ReceivedFrame&) const = default;
};

struct Config
{
    std::string socket_type = "DEALER";
    bool accepted = true;
    std::string identity = {};
    bool send_identity = true;
    bool send_subscriptions = false;
    std::uint64_t max_message_size = UINT64_MAX;
    std::uint32_t max_frames = 65536;
    spaceframe::zmtp::Settings settings = {};
    sf_status verdict = SF_OK;
    std::string refusal = "no";
    std::size_t frame_capacity = 64;
};

// A session as a kernel drives it: keeps what was not consumed, calls while there is progress, gives the
// verdict. Everything that comes out is recorded.
class Link
{
public:
    explicit Link(Config config = {})
        : config_(std::move(config))
        , session_(host_.table(), config_.settings, session_config())
    {
        control_.resize(SF_CONTROL_CAPACITY);
        sf_output output{control_.data(), control_.size(), 0};
        status = session_.start(now, output);
        take(output);
    }

    // Bytes came from the peer. Stops at the first failure.
    void feed(std::string_view data)
    {
        pending_.insert(pending_.end(), data.begin(), data.end());
        while (status == SF_OK && step())
        {}
    }

    void tick()
    {
        sf_output output{control_.data(), control_.size(), 0};
        status = session_.tick(now, output, next_tick);
        take(output);
    }

    // What was sent since the last call.
    std::string take_sent()
    {
        std::string all;
        all.swap(sent);
        return all;
    }

    std::string error()
    {
        return host_.last_error().text;
    }

    // Encodes frames {body, more} through copies.
    std::string encode(const std::vector<ReceivedFrame>& message)
    {
        std::vector<sf_frame> list;
        std::size_t capacity = 0;
        for (const ReceivedFrame& frame : message)
        {
            list.push_back({nullptr, reinterpret_cast<const std::uint8_t*>(frame.body.data()),
                            frame.body.size(), frame.flags, 0});
            capacity += frame.body.size() + 9;
        }
        std::string out(capacity, '\0');
        std::vector<std::uint32_t> ends(message.size());
        sf_encode call{};
        call.size = sizeof call;
        call.frames = list.data();
        call.frame_count = list.size();
        call.reference_from = SIZE_MAX;
        call.data = reinterpret_cast<std::uint8_t*>(out.data());
        call.capacity = out.size();
        call.ends = ends.data();
        call.end_capacity = ends.size();
        REQUIRE(session_.encode(call) == SF_OK);
        REQUIRE(call.frames_taken == message.size());
        out.resize(call.length);
        return out;
    }

    spaceframe::zmtp::Session& session()
    {
        return session_;
    }

    std::size_t left() const
    {
        return pending_.size();
    }

    sf_status status = SF_OK;
    sf_time now = second;
    sf_time next_tick = SF_NEVER;
    std::string sent;
    std::vector<ReceivedFrame> frames;
    bool asked = false;
    bool is_ready = false;
    std::string socket_type;
    std::string identity;
    std::string version;
    std::optional<std::string> peer_error;
    std::size_t need = 0;

private:
    sf_session_config session_config() const
    {
        sf_session_config config{};
        config.size = sizeof config;
        config.accepted = config_.accepted ? 1 : 0;
        config.socket_type = config_.socket_type.c_str();
        config.identity = {reinterpret_cast<const std::uint8_t*>(config_.identity.data()),
                           config_.identity.size()};
        config.max_message_size = config_.max_message_size;
        config.max_frames = config_.max_frames;
        config.send_identity = config_.send_identity ? 1 : 0;
        config.send_subscriptions = config_.send_subscriptions ? 1 : 0;
        return config;
    }

    void take(const sf_output& output)
    {
        sent.append(reinterpret_cast<const char*>(output.data), output.length);
    }

    bool step()
    {
        // A block of exactly the right size, so that a sanitizer sees any read beyond it.
        std::vector<std::uint8_t> block(pending_);
        block.shrink_to_fit();
        std::vector<sf_frame> list(config_.frame_capacity);
        auto* const owner = reinterpret_cast<sf_owner*>(this);
        sf_decode call{};
        call.size = sizeof call;
        call.now = now;
        call.data = block.data();
        call.length = block.size();
        call.owner = owner;
        call.frames = list.data();
        call.frame_capacity = list.size();
        call.control = {control_.data(), control_.size(), 0};
        status = session_.decode(call);
        take(call.control);
        need = call.need;
        if (status != SF_OK)
        {
            return false;
        }

        REQUIRE(call.consumed <= block.size());
        const bool waits_for_more = call.need == 0 || call.need > block.size() - call.consumed;
        REQUIRE(waits_for_more);
        for (std::size_t i = 0; i != call.frame_count; ++i)
        {
            REQUIRE(list[i].owner == owner);
            const auto* const data = reinterpret_cast<const char*>(list[i].data);
            frames.push_back({std::string(data, list[i].size), list[i].flags});
        }
        take_event(call.event);
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(call.consumed));
        return call.consumed != 0 || call.frame_count != 0 || call.event.kind != SF_EVENT_NONE;
    }

    void take_event(const sf_event& event)
    {
        if (event.kind == SF_EVENT_AUTHORISE)
        {
            REQUIRE_FALSE(asked);
            asked = true;
            socket_type.assign(event.socket_type.data, event.socket_type.size);
            identity.assign(reinterpret_cast<const char*>(event.identity.data), event.identity.size);
            version.assign(event.version.data, event.version.size);
            sf_output output{control_.data(), control_.size(), 0};
            status = session_.authorise(config_.verdict, config_.refusal.c_str(), output);
            take(output);
        }
        else if (event.kind == SF_EVENT_READY)
        {
            REQUIRE(frames.empty());
            is_ready = true;
        }
        else if (event.kind == SF_EVENT_PEER_ERROR)
        {
            peer_error.emplace(event.reason.data, event.reason.size);
        }
    }

    Config config_;
    spaceframe::plugin::testing::FakeHost host_{spaceframe::plugin::testing::Clock::manual};
    std::vector<std::uint8_t> control_;
    spaceframe::zmtp::Session session_;
    std::vector<std::uint8_t> pending_;
};

// Plays a peer of this type and version up to the end of the handshake, and forgets what was sent until then.
inline void complete(Link& link, std::string_view peer_type, int minor = 1)
{
    link.feed(greeting(3, minor) + ready(peer_type));
    REQUIRE(link.is_ready);
    link.take_sent();
}

// The same for a peer of ZMTP 2.0; `peer_type` is the number of its pattern.
inline void complete_2(Link& link, int peer_type)
{
    link.feed(greeting_2(peer_type));
    REQUIRE(link.is_ready);
    link.take_sent();
}

} // namespace zmtp_test
