#pragma once

#include "chance.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spaceframe::testing
{

// What the application has given to a socket, and got from it.
struct Account
{
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> sent_bytes{0};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> returned{0};
};

// An application of one socket: it does what chance will have, and keeps an account of it. One thread at a
// time.
class Actor
{
public:
    Actor(Socket socket, Account& account, std::vector<std::string> endpoints, std::uint64_t seed);
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;

    // Some of its asynchronous calls may be left waiting.
    void act(int steps);
    // After the socket was closed: waits until all calls are over. False when that does not happen.
    bool finish();

private:
    struct Call
    {
        boost::asio::cancellation_signal signal;
        std::vector<Message> messages;
        bool over = false;
    };

    void step();
    void send();
    void receive();
    void receive_returned();
    void start_send();
    void start_receive();
    void start_receive_returned();
    void cancel_one();
    void subscribe();
    void change_endpoints();
    void note_batch(const error_code& error, const std::vector<std::size_t>& sizes, std::size_t count);
    std::size_t payload(const Message& message) const;
    std::vector<std::size_t> payloads(const std::vector<Message>& messages) const;
    Message message();
    Timeout patience();
    std::shared_ptr<Call> new_call();

    Socket socket_;
    Account& account_;
    const std::vector<std::string> endpoints_; // of all sockets
    Chance chance_;
    boost::asio::io_context context_;
    std::vector<std::shared_ptr<Call>> calls_;
    std::string last_identity_ = "Ada"; // of whom a ROUTER has heard last
};

} // namespace spaceframe::testing
