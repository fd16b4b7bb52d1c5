// libzmq as it is usually used: one context, default options, zmq_send and zmq_msg_recv.
#include "meter.hpp"
#include "side.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include <zmq.h>

namespace bench
{
namespace
{

int checked(int result, const char* what)
{
    if (result < 0)
    {
        throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
    }
    return result;
}

class Link
{
public:
    Link(const Task& task, int type)
        : context_(zmq_ctx_new())
        , socket_(zmq_socket(context_, type))
        , frames_(task.frames)
    {
        if (socket_ == nullptr)
        {
            throw std::runtime_error("zmq_socket failed");
        }
        if (task.unlimited)
        {
            const int none = 0;
            checked(zmq_setsockopt(socket_, ZMQ_SNDHWM, &none, sizeof none), "ZMQ_SNDHWM");
            checked(zmq_setsockopt(socket_, ZMQ_RCVHWM, &none, sizeof none), "ZMQ_RCVHWM");
        }
        checked(zmq_msg_init(&message_), "zmq_msg_init");
    }

    ~Link()
    {
        zmq_msg_close(&message_);
        close();
    }

    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void bind(const Task& task, const Announce& announce)
    {
        const std::string endpoint =
            task.transport == "ipc" ? "ipc://" + task.folder + "/libzmq" : std::string("tcp://127.0.0.1:*");
        checked(zmq_bind(socket_, endpoint.c_str()), "zmq_bind");
        std::array<char, 256> bound{};
        std::size_t size = bound.size();
        checked(zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, bound.data(), &size), "ZMQ_LAST_ENDPOINT");
        announce(bound.data());
    }

    void connect(const std::string& endpoint)
    {
        checked(zmq_connect(socket_, endpoint.c_str()), "zmq_connect");
    }

    void send(const std::vector<char>& frame)
    {
        for (std::size_t index = 0; index < frames_; ++index)
        {
            checked(zmq_send(socket_, frame.data(), frame.size(), index + 1 < frames_ ? ZMQ_SNDMORE : 0),
                    "zmq_send");
        }
    }

    // Receives a message, past an identity if there is one, and checks it.
    void receive(std::size_t frame_size, bool identity, bool spin = false)
    {
        const std::size_t expected = frames_ + (identity ? 1 : 0);
        std::size_t frames = 0;
        do
        {
            receive_frame(spin);
            ++frames;
            if (!(identity && frames == 1) && zmq_msg_size(&message_) != frame_size)
            {
                throw std::runtime_error("a frame has the wrong size");
            }
        }
        while (zmq_msg_more(&message_) != 0);
        if (frames != expected)
        {
            throw std::runtime_error("a message has the wrong number of frames");
        }
    }

    // Sends one message back to where it came from.
    void echo(bool spin)
    {
        bool more = true;
        while (more)
        {
            receive_frame(spin);
            more = zmq_msg_more(&message_) != 0;
            checked(zmq_msg_send(&message_, socket_, more ? ZMQ_SNDMORE : 0), "zmq_msg_send");
        }
    }

    // Returns when everything was handed to the system.
    void close()
    {
        if (context_ != nullptr)
        {
            zmq_close(socket_);
            zmq_ctx_term(context_);
            context_ = nullptr;
        }
    }

private:
    void receive_frame(bool spin)
    {
        while (zmq_msg_recv(&message_, socket_, spin ? ZMQ_DONTWAIT : 0) < 0)
        {
            if (!spin || zmq_errno() != EAGAIN)
            {
                checked(-1, "zmq_msg_recv");
            }
        }
    }

    void* context_;
    void* socket_;
    std::size_t frames_;
    zmq_msg_t message_{};
};

bool routed(const Task& task)
{
    return task.pattern == "dealer-router";
}

Sample pull(const Task& task, const Announce& announce)
{
    const bool identity = routed(task);
    Link link(task, identity ? ZMQ_ROUTER : ZMQ_PULL);
    link.bind(task, announce);
    ReceiveMeter meter;
    link.receive(task.size, identity);
    meter.first();
    for (std::uint64_t index = 1; index < task.count; ++index)
    {
        link.receive(task.size, identity);
    }
    return meter.sample(task.count);
}

Sample push(const Task& task, const std::string& endpoint)
{
    const std::vector<char> frame(task.size, 'x');
    Link link(task, routed(task) ? ZMQ_DEALER : ZMQ_PUSH);
    link.connect(endpoint);
    const CpuMeter cpu;
    for (std::uint64_t index = 0; index < task.count; ++index)
    {
        link.send(frame);
    }
    link.close();
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    return sample;
}

Sample reply(const Task& task, const Announce& announce)
{
    Link link(task, ZMQ_ROUTER);
    link.bind(task, announce);
    const CpuMeter cpu;
    for (std::uint64_t left = task.warm_up + task.count; left > 0; --left)
    {
        link.echo(task.spin);
    }
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    link.close();
    return sample;
}

Sample request(const Task& task, const std::string& endpoint)
{
    const std::vector<char> frame(task.size, 'x');
    Link link(task, ZMQ_DEALER);
    link.connect(endpoint);
    return time_round_trips(task,
                            [&]
                            {
                                link.send(frame);
                                link.receive(task.size, false, task.spin);
                            });
}

} // namespace

const Side libzmq_side{"libzmq", pull, push, reply, request};

} // namespace bench
