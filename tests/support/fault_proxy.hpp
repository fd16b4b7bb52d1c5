#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace spaceframe::testing
{

// A network between two sockets, on a thread of its own: peers connect to `endpoint()`, and each connection
// is continued to the target. What is asked of it holds when the call returns.
class FaultProxy
{
public:
    // How bytes pass, both ways.
    enum class Passage
    {
        whole,   // as they come
        trickle, // one byte at a time
        late,    // each read waits 2 ms
        none,    // not at all: who sends finds no room sooner or later
    };

    // How a connection ends.
    enum class End
    {
        orderly, // both sides read its end; one that still sends reads an error
        reset,   // both sides read an error
    };

    // Where nobody is left, and nobody is told.
    enum class Side
    {
        dialer,
        target,
    };

    // To "tcp://127.0.0.1:PORT".
    explicit FaultProxy(std::string_view target);
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;
    ~FaultProxy();

    const std::string& endpoint() const noexcept
    {
        return endpoint_;
    }

    // Connections to come are continued to another target.
    void set_target(std::string_view target);
    // Of all connections, those to come as well.
    void set_passage(Passage passage);
    // Ends all connections that there are. Bytes that did not pass are lost.
    void end(End how);
    // The next connection, one alone, ends when so many bytes have passed from the dialer.
    void end_next_after(std::size_t bytes, End how);
    // The side is gone from all connections that there are: it reads an error, and the other one nothing,
    // ever; what that one sends is swallowed.
    void vanish(Side side);
    // So far; those count that reached the target.
    std::size_t connections() const;

private:
    class Network;
    class Link;

    void run(const std::function<void()>& function) const;

    std::shared_ptr<Network> network_;
    std::string endpoint_;
    std::thread thread_;
};

} // namespace spaceframe::testing
