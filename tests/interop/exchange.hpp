#pragma once

#include "peers/content.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace interop
{

// Our side of an interop test: one socket of a kernel, from a manifest.
class Ours
{
public:
    // `endpoint_line`: "bind tcp://…" or "connect tcp://…"; lines with further keys may follow.
    Ours(const std::string& pattern, const std::string& endpoint_line, unsigned threads,
         const std::string& identity);

    spaceframe::Socket& socket()
    {
        return socket_;
    }

    // Waits until everything was written; says what was not.
    std::string close();

private:
    spaceframe::Kernel kernel_;
    spaceframe::Socket socket_;
};

// What we do with `count` messages. Each throws std::runtime_error with what is wrong.
struct Work
{
    std::uint64_t seed = 1;
    std::uint64_t count = 1000;
    std::uint64_t window = 8;   // requests on their way at once
    Frames envelope;            // frames before the content in what we send, or expect
    bool made_identity = false; // the first frame of the envelope is an identity that we made for the peer
    bool hello = false;         // the peer is a ROUTER that has to learn our identity first
    bool wait_for_peer = false; // we are a ROUTER that has to know the peer first
    std::function<void()> on_probe = {}; // called with the first probe of a PUB
};

void send(spaceframe::Socket& socket, const Work& work);
void receive(spaceframe::Socket& socket, const Work& work);
void echo(spaceframe::Socket& socket, const Work& work);
void ask(spaceframe::Socket& socket, const Work& work);
// As `publish` and `subscribe` of an interop-peer.
void publish(spaceframe::Socket& socket, const Work& work);
void subscribe(spaceframe::Socket& socket, const Work& work);

} // namespace interop
