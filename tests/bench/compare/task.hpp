#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench
{

// What one process of a measurement has to do. The runner hands it to the process as JSON.
struct Task
{
    std::string side = "raw";          // raw, libzmq, spaceframe
    std::string shape = "pipeline";    // pipeline: one way; round-trip: ping-pong
    std::string pattern = "push-pull"; // push-pull, dealer-router: what libzmq and spaceframe use
    std::string transport = "tcp";     // tcp, ipc
    std::string folder;                // for the socket files of ipc
    std::size_t size = 64;             // bytes of a frame
    std::size_t frames = 1;            // of a message
    std::uint64_t count = 1'000'000;   // messages, or round trips that are measured
    std::uint64_t warm_up = 0;         // round trips before them
    std::uint64_t pause_us = 0;        // silence before each round trip, microseconds
    bool unlimited = false;            // the high-water marks of both ends are lifted
    bool spin = false;                 // wait for a reply without giving up the processor
    bool sleep = false;                // spaceframe: never poll before sleeping
    unsigned threads = 0;              // spaceframe: `threads` of the kernel
    std::string call = "batch";        // spaceframe: batch, cork (sends), plain
    std::string backpressure = "noop"; // spaceframe: noop, semaphore

    std::size_t message_size() const
    {
        return size * frames;
    }
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Task, side, shape, pattern, transport, folder, size, frames, count,
                                   warm_up, pause_us, unlimited, spin, sleep, threads, call, backpressure)

// What one process measured.
struct Sample
{
    std::uint64_t messages = 0; // received, or round trips
    double seconds = 0;         // receiver of a pipeline: from its first message to its last
    double cpu_seconds = 0;     // user and system time of the process, while it worked
    double p50_us = 0;          // asker of round trips, microseconds
    double p95_us = 0;
    double p99_us = 0;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sample, messages, seconds, cpu_seconds, p50_us, p95_us, p99_us)

} // namespace bench
