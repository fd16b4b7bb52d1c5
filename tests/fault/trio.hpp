#pragma once

#include "test_kernel.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Connections of which a script decides at which byte they tear, or stall.
namespace spaceframe::testing
{

struct Manner
{
    const char* transport; // "mem": whatever is written is written on the loop; "memp": also by who sends
    unsigned threads;
};

struct Patterns
{
    const char* near;
    const char* far;
};

using Sizes = std::vector<std::vector<std::size_t>>;

// The frames of three messages: short, empty and long ones.
inline const Sizes three_messages{{5, 0, 20}, {3, 256}, {4, 2}};

// Sockets of a kernel: `a` listens, and speaks with `x` over a connection with a script; with `y` over one
// without, if it shall.
class Trio
{
public:
    // Waits until the handshakes are over, in whatever way.
    Trio(TestKernel& kernel, const Manner& manner, std::size_t number, const std::vector<Option>& script,
         bool with_y);

    // True when the handshake with `x` was completed at both ends.
    bool joined() const;
    // True when a connection of the socket, or its handshake, has ended.
    bool ended(const Socket& socket) const;
    // Waits until the connection with `x` has ended at both ends.
    void await_end();
    // Why it has, as `x` sees it.
    std::string reason() const;
    // How many connections there were with `x`.
    std::size_t accepted() const;

    TestKernel& kernel;
    Socket a;
    Socket x;
    Socket y;

private:
    std::size_t count(const Socket& socket, Event::Kind kind) const;

    std::string scripted_;
};

// Calls `round` for every byte from `first` on, or one in `step`, until it says that its script had nothing
// to do. `options`: the rest of the script.
void at_every_byte(const Manner& manner, const Patterns& patterns, const std::string& script,
                   std::uint64_t first, const std::function<bool(Trio&)>& round,
                   const std::vector<Option>& options = {}, std::uint64_t step = 1);

// Where the handshake of `a` ends, and what `send` writes after it, in bytes of its connection with `x`,
// which gets so many messages by it; and where the handshake of `x` does.
struct Extent
{
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t first_of_x;
};

Extent extent_of(const Manner& manner, const Patterns& patterns, const std::function<void(Socket&)>& send,
                 std::size_t messages);

// Calls `round` for every byte of what `send` writes, with `a` stalled there until `x` has sent something.
void stalled_at_every_byte(const Manner& manner, const Patterns& patterns, const std::vector<Option>& options,
                           const Extent& extent, const std::function<void(Trio&)>& round);

using Frames = std::vector<std::string>;

Frames frames_of(const Message& message);
// Appends what the socket has received.
void drain(Socket& socket, std::vector<Frames>& messages);
// Takes away what an XPUB is told when a subscriber goes that had told it a part of `sent`: the cancellations
// of its topics, which must be there.
void take_farewell(const std::vector<Frames>& sent, std::vector<Frames>& messages);
// True when `part` is how `whole` begins.
bool begins_with(const std::vector<Frames>& whole, const std::vector<Frames>& part);

} // namespace spaceframe::testing
