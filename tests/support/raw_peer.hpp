#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spaceframe::testing
{

// A plain blocking TCP socket as a peer that says and reads exactly what a test wants. Failures throw
// std::system_error or std::runtime_error; nothing waits longer than the tests' limit.
class RawPeer
{
public:
    // Connects to "tcp://127.0.0.1:PORT". `receive_buffer`: of the operating system, 0 for its own choice.
    explicit RawPeer(std::string_view endpoint, int receive_buffer = 0);
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    RawPeer(RawPeer&& other) noexcept;
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer();

    void send(std::string_view bytes);
    std::string read(std::size_t count);
    // Reads until the other side ends the connection, in good order or not.
    std::string read_to_end();
    // The body of the next ZMTP frame; its flags go to `flags`.
    std::string read_frame(unsigned& flags);
    // The rest of a ZMTP 3.0 handshake with NULL: greeting and READY, both ways.
    void shake_hands(std::string_view socket_type, std::string_view identity = {});

    // From now on each send is a segment of its own.
    void send_at_once();

    void close();
    // Ends the connection at once with a reset, whatever is still on its way.
    void reset();

private:
    friend class RawListener;
    explicit RawPeer(int descriptor);

    int descriptor_ = -1;
};

// Listens on a free port, for sockets of ours that dial.
class RawListener
{
public:
    explicit RawListener(int receive_buffer = 0);
    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;
    ~RawListener();

    const std::string& endpoint() const noexcept
    {
        return endpoint_;
    }

    RawPeer accept();

private:
    int descriptor_ = -1;
    std::string endpoint_;
};

// The bytes of a ZMTP 3 greeting with NULL.
std::string greeting(unsigned minor = 0);
// A ZMTP frame.
std::string frame(std::string_view body, bool more = false, bool command = false);
// A READY command.
std::string ready(std::string_view socket_type, std::string_view identity = {});

} // namespace spaceframe::testing
