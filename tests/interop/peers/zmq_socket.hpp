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
        , type_(type)
    {
        // A subscriber has nothing to say that would be worth waiting for; so libzmq itself thinks of an
        // XSUB.
        const bool subscribes = type == zmq::socket_type::sub || type == zmq::socket_type::xsub;
        socket_.set(zmq::sockopt::linger, subscribes ? 0 : static_cast<int>(limit.count()));
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

    // PUB, SUB, XPUB, XSUB: nothing is dropped for want of room.
    void keep_everything()
    {
        socket_.set(zmq::sockopt::sndhwm, 0);
        socket_.set(zmq::sockopt::rcvhwm, 0);
    }

    // SUB and XSUB.
    void subscribe(const std::string& prefix)
    {
        if (type_ == zmq::socket_type::xsub)
        {
            send({'\1' + prefix});
            return;
        }
        socket_.set(zmq::sockopt::subscribe, prefix);
    }

    void unsubscribe(const std::string& prefix)
    {
        if (type_ == zmq::socket_type::xsub)
        {
            send({'\0' + prefix});
            return;
        }
        socket_.set(zmq::sockopt::unsubscribe, prefix);
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
    zmq::socket_type type_;
};

} // namespace interop
