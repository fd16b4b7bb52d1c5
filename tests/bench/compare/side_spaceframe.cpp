// Spaceframe as a host uses it: one kernel from a manifest, one socket.
#include "meter.hpp"
#include "side.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bench
{
namespace
{

using namespace std::chrono_literals;

// Messages that one call takes: enough to fill several reads.
std::size_t batch_size(const Task& task)
{
    constexpr std::size_t bytes = 256 * 1024;
    return std::clamp<std::size_t>(bytes / task.message_size(), 1, 512);
}

// What the manifest says of polling; nothing where the default is measured.
const char* spin_of(const Task& task)
{
    if (task.spin)
    {
        return " spin 1s\n";
    }
    return task.sleep ? " spin 0s\n" : "";
}

spaceframe::Manifest manifest_for(const Task& task, const char* pattern, const std::string& endpoint,
                                  bool bind)
{
    const int mark = task.unlimited ? 0 : 1000;
    const std::string text = fmt::format("spaceframe 1\n"
                                         "kernel\n{{\n threads {}\n{}}}\n"
                                         "sockets\n{{\n link\n {{\n  pattern {}\n  {} {}\n  backpressure "
                                         "{}\n  send_hwm {}\n  recv_hwm {}\n }}\n}}\n",
                                         task.threads, spin_of(task), pattern, bind ? "bind" : "connect",
                                         endpoint, task.backpressure, mark, mark);
    return spaceframe::Manifest::parse(text, "bench");
}

class Link
{
public:
    Link(const Task& task, const char* pattern, const std::string& endpoint, bool bind)
        : kernel_(manifest_for(task, pattern, endpoint, bind))
        , socket_(started(kernel_))
    {}

    spaceframe::Socket& socket()
    {
        return socket_;
    }

    // Waits until everything has left the process.
    void close()
    {
        if (!kernel_.close(60s).complete)
        {
            throw std::runtime_error("not everything was written");
        }
    }

private:
    static spaceframe::Socket started(spaceframe::Kernel& kernel)
    {
        kernel.start();
        return kernel.socket("link");
    }

    spaceframe::Kernel kernel_;
    spaceframe::Socket socket_;
};

bool routed(const Task& task)
{
    return task.pattern == "dealer-router";
}

std::string wildcard(const Task& task)
{
    return task.transport == "ipc" ? "ipc://" + task.folder + "/spaceframe"
                                   : std::string("tcp://127.0.0.1:0");
}

// Checks the size of every frame, past an identity if there is one.
void check(const spaceframe::Message& message, const Task& task, bool identity)
{
    const std::size_t first = identity ? 1 : 0;
    if (message.size() != task.frames + first)
    {
        throw std::runtime_error("a message has the wrong number of frames");
    }
    for (std::size_t index = first; index < message.size(); ++index)
    {
        if (message[index].size() != task.size)
        {
            throw std::runtime_error("a frame has the wrong size");
        }
    }
}

Sample pull(const Task& task, const Announce& announce)
{
    const bool identity = routed(task);
    const bool batches = task.call == "batch";
    Link link(task, identity ? "router" : "pull", wildcard(task), true);
    announce(link.socket().last_endpoint());
    std::vector<spaceframe::Message> messages(batches ? batch_size(task) : 1);
    ReceiveMeter meter;
    for (std::uint64_t received = 0; received < task.count;)
    {
        std::size_t count = 1;
        if (batches)
        {
            count = link.socket().receive_batch(messages);
        }
        else
        {
            // Into the same message again, as zmq_msg_recv() does on the other side.
            spaceframe::error_code error;
            if (!link.socket().receive(messages.front(), error))
            {
                throw boost::system::system_error(error, "receive");
            }
        }
        if (received == 0)
        {
            meter.first();
        }
        for (std::size_t index = 0; index < count; ++index)
        {
            check(messages[index], task, identity);
        }
        received += count;
    }
    return meter.sample(task.count);
}

void send_bodies(spaceframe::Socket& socket, const Task& task, spaceframe::Bytes body)
{
    const std::size_t batch = batch_size(task);
    const std::vector<spaceframe::Bytes> bodies(batch, body);
    for (std::uint64_t left = task.count; left > 0;)
    {
        const std::size_t count = std::min<std::uint64_t>(left, batch);
        if (task.call == "batch")
        {
            socket.send_batch(std::span(bodies).first(count));
        }
        else if (task.call == "cork")
        {
            const spaceframe::Cork cork = socket.cork();
            for (std::size_t index = 0; index < count; ++index)
            {
                socket.send(body);
            }
        }
        else
        {
            for (std::size_t index = 0; index < count; ++index)
            {
                socket.send(body);
            }
        }
        left -= count;
    }
}

void send_messages(spaceframe::Socket& socket, const Task& task, spaceframe::Bytes body)
{
    std::vector<spaceframe::Message> messages(batch_size(task));
    for (std::uint64_t left = task.count; left > 0;)
    {
        const std::size_t count = std::min<std::uint64_t>(left, messages.size());
        const std::span<spaceframe::Message> part = std::span(messages).first(count);
        for (spaceframe::Message& message : part)
        {
            for (std::size_t frame = 0; frame < task.frames; ++frame)
            {
                message.push_back(spaceframe::Frame(body));
            }
        }
        socket.send_batch(part);
        left -= count;
    }
}

Sample push(const Task& task, const std::string& endpoint)
{
    const std::vector<std::byte> body(task.size, std::byte{'x'});
    Link link(task, routed(task) ? "dealer" : "push", endpoint, false);
    const CpuMeter cpu;
    if (task.frames == 1)
    {
        send_bodies(link.socket(), task, body);
    }
    else
    {
        send_messages(link.socket(), task, body);
    }
    link.close();
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    return sample;
}

Sample reply(const Task& task, const Announce& announce)
{
    Link link(task, "router", wildcard(task), true);
    announce(link.socket().last_endpoint());
    const CpuMeter cpu;
    for (std::uint64_t left = task.warm_up + task.count; left > 0; --left)
    {
        link.socket().send(link.socket().receive());
    }
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    link.close();
    return sample;
}

Sample request(const Task& task, const std::string& endpoint)
{
    const std::vector<std::byte> body(task.size, std::byte{'x'});
    Link link(task, "dealer", endpoint, false);
    return time_round_trips(task,
                            [&]
                            {
                                if (task.frames == 1)
                                {
                                    link.socket().send(body);
                                }
                                else
                                {
                                    spaceframe::Message message;
                                    for (std::size_t frame = 0; frame < task.frames; ++frame)
                                    {
                                        message.push_back(spaceframe::Frame(body));
                                    }
                                    link.socket().send(std::move(message));
                                }
                                check(link.socket().receive(), task, false);
                            });
}

} // namespace

const Side spaceframe_side{"spaceframe", pull, push, reply, request};

} // namespace bench
