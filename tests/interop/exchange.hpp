#pragma once

#include "peers/content.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace interop
{

// Our side of an interop test: one socket of a kernel, from a manifest. Its identity is "ours".
class Ours
{
public:
    // `endpoint_line`: "bind tcp://…" or "connect tcp://…"; lines with further keys may follow.
    Ours(std::string_view pattern, const std::string& endpoint_line, unsigned threads,
         spaceframe::KernelOptions options = {});

    spaceframe::Socket& socket()
    {
        return socket_;
    }

    // Waits until everything was written. Empty when it was, otherwise what was not.
    std::string close();

private:
    spaceframe::Kernel kernel_;
    spaceframe::Socket socket_;
};

// What we do with `count` messages.
struct Work
{
    Content content;
    std::uint64_t count = 1000;
    std::uint64_t window = 8;   // requests on their way at once
    Frames envelope;            // frames before the content in what we send, or expect
    bool made_identity = false; // the first frame of the envelope is an identity that we made for the peer
    bool wait_for_peer = false; // we are a ROUTER that has to know the peer first
    std::function<void()> on_probe = {}; // called with the first probe of a PUB
};

// `task` as for an interop-peer: "send", "receive", "echo", "ask", "publish" or "subscribe". Throws
// std::runtime_error with what is wrong.
void perform(spaceframe::Socket& socket, std::string_view task, const Work& work);

} // namespace interop
