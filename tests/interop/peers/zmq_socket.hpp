#pragma once

#include "content.hpp"

#include <zmq.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace interop
{

// A socket of libzmq with a context of its own, for whole messages. Each wait has a limit, after which it
// throws std::runtime_error.
class ZmqSocket
{
public:
    explicit ZmqSocket(zmq::socket_type type, const std::string& identity = {},
                       std::chrono::milliseconds limit = std::chrono::seconds(30))
        : socket_(context_, type)
    {
        socket_.set(zmq::sockopt::linger, static_cast<int>(limit.count()));
        socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(limit.count()));
        socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(limit.count()));
        if (!identity.empty())
        {
            socket_.set(zmq::sockopt::routing_id, identity);
        }
        if (type == zmq::socket_type::router)
        {
            socket_.set(zmq::sockopt::router_mandatory, true);
        }
    }

    // REQ: requests have names, and one may be given up.
    void correlate()
    {
        socket_.set(zmq::sockopt::req_correlate, true);
        socket_.set(zmq::sockopt::req_relaxed, true);
    }

    // Returns the endpoint with wildcards resolved.
    std::string bind(const std::string& endpoint)
    {
        socket_.bind(endpoint);
        return socket_.get(zmq::sockopt::last_endpoint);
    }

    void connect(const std::string& endpoint)
    {
        socket_.connect(endpoint);
    }

    void send(const Frames& frames)
    {
        for (std::size_t index = 0; index < frames.size(); ++index)
        {
            const bool more = index + 1 < frames.size();
            if (!socket_.send(zmq::buffer(frames[index]),
                              more ? zmq::send_flags::sndmore : zmq::send_flags::none))
            {
                throw std::runtime_error("libzmq could not send in time");
            }
        }
    }

    Frames receive()
    {
        Frames frames;
        zmq::message_t frame;
        do
        {
            if (!socket_.recv(frame))
            {
                throw std::runtime_error("libzmq received nothing in time");
            }
            frames.emplace_back(static_cast<const char*>(frame.data()), frame.size());
        }
        while (frame.more());
        return frames;
    }

private:
    zmq::context_t context_;
    zmq::socket_t socket_;
};

} // namespace interop
