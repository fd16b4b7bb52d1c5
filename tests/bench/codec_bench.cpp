#include "session.hpp"
#include "settings.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

// The codec alone, through the calls that the kernel makes: decode takes a slab of 64 KiB at a time, encode
// fills one. Items are messages of one frame.

namespace
{

using spaceframe::zmtp::Session;
using spaceframe::zmtp::Settings;

constexpr std::size_t slab_size = 65536;

const sf_host quiet_host = []
{
    sf_host host{};
    host.size = sizeof host;
    host.set_error = [](const sf_host*, sf_status, std::int32_t, const char*) {};
    return host;
}();

const Settings settings;

sf_session_config make_config()
{
    sf_session_config config{};
    config.size = sizeof config;
    config.accepted = 1;
    config.socket_type = "PULL";
    config.max_message_size = UINT64_MAX;
    config.max_frames = 65536;
    return config;
}

// Brings a session through its handshake with a PUSH peer of ZMTP 3.1.
void make_ready(Session& session)
{
    std::string peer("\xFF\0\0\0\0\0\0\0\0\x7F\x03\x01NULL", 16);
    peer.resize(64, '\0');
    peer += std::string("\x04\x1A\x05READY\x0BSocket-Type\0\0\0\x04PUSH", 28);

    std::vector<std::uint8_t> control(SF_CONTROL_CAPACITY);
    sf_output output{control.data(), control.size(), 0};
    session.start(0, output);
    sf_decode call{};
    call.data = reinterpret_cast<std::uint8_t*>(peer.data());
    call.length = peer.size();
    call.control = {control.data(), control.size(), 0};
    session.decode(call);
    output.length = 0;
    session.authorise(SF_OK, "", output);
    call.length = 0;
    call.control.length = 0;
    session.decode(call);
    if (call.event.kind != SF_EVENT_READY)
    {
        throw std::runtime_error("the session is not ready");
    }
}

std::vector<std::uint8_t> make_slab(std::size_t body, std::size_t& messages)
{
    std::vector<std::uint8_t> slab;
    for (messages = 0; slab.empty() || slab.size() + body + 9 <= slab_size; ++messages)
    {
        if (body <= 255)
        {
            slab.push_back(0);
            slab.push_back(static_cast<std::uint8_t>(body));
        }
        else
        {
            slab.push_back(2);
            for (int shift = 56; shift >= 0; shift -= 8)
            {
                slab.push_back(static_cast<std::uint8_t>(body >> shift & 0xFFU));
            }
        }
        slab.resize(slab.size() + body, 0x55);
    }
    return slab;
}

void decode(benchmark::State& state)
{
    Session session(&quiet_host, settings, make_config());
    make_ready(session);
    std::size_t messages = 0;
    std::vector<std::uint8_t> slab = make_slab(static_cast<std::size_t>(state.range(0)), messages);
    std::vector<sf_frame> frames(messages);
    std::vector<std::uint8_t> control(SF_CONTROL_CAPACITY);
    for (auto _ : state)
    {
        sf_decode call{};
        call.size = sizeof call;
        call.data = slab.data();
        call.length = slab.size();
        call.frames = frames.data();
        call.frame_capacity = frames.size();
        call.control = {control.data(), control.size(), 0};
        session.decode(call);
        benchmark::DoNotOptimize(frames.data());
        benchmark::ClobberMemory();
        if (call.frame_count != messages)
        {
            state.SkipWithError("not every frame was decoded");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(slab.size()));
}

void encode(benchmark::State& state)
{
    Session session(&quiet_host, settings, make_config());
    make_ready(session);
    const auto size = static_cast<std::size_t>(state.range(0));
    const auto parts = static_cast<std::size_t>(state.range(1));
    const std::vector<std::uint8_t> body(size, 0x55);
    const std::size_t messages = std::max<std::size_t>(1, slab_size / (parts * (size + 9)));
    std::vector<sf_frame> frames;
    for (std::size_t i = 0; i != messages * parts; ++i)
    {
        const bool last = (i + 1) % parts == 0;
        frames.push_back({nullptr, body.data(), body.size(), last ? 0U : std::uint32_t{SF_FRAME_MORE}, 0});
    }
    std::vector<std::uint8_t> data(messages * parts * (size + 9));
    std::vector<std::uint32_t> ends(messages);
    for (auto _ : state)
    {
        sf_encode call{};
        call.size = sizeof call;
        call.frames = frames.data();
        call.frame_count = frames.size();
        call.reference_from = SIZE_MAX;
        call.data = data.data();
        call.capacity = data.size();
        call.ends = ends.data();
        call.end_capacity = ends.size();
        session.encode(call);
        benchmark::DoNotOptimize(data.data());
        benchmark::ClobberMemory();
        if (call.messages_taken != messages)
        {
            state.SkipWithError("not every message was encoded");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(messages * parts * size));
}

// A message at a time, as a plain send does.
void encode_one(benchmark::State& state)
{
    Session session(&quiet_host, settings, make_config());
    make_ready(session);
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::vector<std::uint8_t> body(size, 0x55);
    const sf_frame frame{nullptr, body.data(), body.size(), 0, 0};
    std::vector<std::uint8_t> data(slab_size);
    std::uint32_t end = 0;
    std::size_t length = 0;
    sf_encode call{};
    call.size = sizeof call;
    call.frames = &frame;
    call.frame_count = 1;
    call.reference_from = SIZE_MAX;
    call.ends = &end;
    call.end_capacity = 1;
    for (auto _ : state)
    {
        if (data.size() - length < size + 9)
        {
            length = 0;
        }
        call.data = data.data() + length;
        call.capacity = data.size() - length;
        session.encode(call);
        length += call.length;
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}

} // namespace

BENCHMARK(decode)->Arg(0)->Arg(8)->Arg(64)->Arg(255)->Arg(256)->Arg(4096);
BENCHMARK(encode)
    ->ArgNames({"body", "frames"})
    ->Args({0, 1})
    ->Args({8, 1})
    ->Args({64, 1})
    ->Args({255, 1})
    ->Args({256, 1})
    ->Args({4096, 1})
    ->Args({64, 4});
BENCHMARK(encode_one)->Arg(8)->Arg(64)->Arg(255);
