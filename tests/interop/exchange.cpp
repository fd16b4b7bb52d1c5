#include "exchange.hpp"

#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

namespace interop
{
namespace
{

using namespace std::chrono_literals;

constexpr spaceframe::Timeout limit = 30s;

spaceframe::Manifest manifest(std::string_view pattern, const std::string& endpoint_line, unsigned threads)
{
    std::string text = "spaceframe 1\nkernel\n{\n threads " + std::to_string(threads) + "\n}\n";
    text += "sockets\n{\n ours\n {\n  pattern " + std::string(pattern) + "\n  " + endpoint_line + "\n";
    text += "  identity ours\n }\n}\n";
    return spaceframe::Manifest::parse(text, "interop");
}

spaceframe::Socket started(spaceframe::Kernel& kernel)
{
    kernel.start();
    return kernel.socket("ours");
}

void send_frames(spaceframe::Socket& socket, const Frames& frames)
{
    spaceframe::Message message;
    for (const std::string& frame : frames)
    {
        message.push_back(std::string_view(frame));
    }
    spaceframe::error_code error;
    socket.send(std::move(message), limit, error);
    if (error)
    {
        throw std::runtime_error("cannot send: " + error.message());
    }
}

void send_one(spaceframe::Socket& socket, const Work& work, std::uint64_t index)
{
    Frames frames = work.envelope;
    for (std::string& frame : work.content.message(index))
    {
        frames.push_back(std::move(frame));
    }
    send_frames(socket, frames);
}

// Receives message `index` and checks envelope and content.
spaceframe::Message receive_one(spaceframe::Socket& socket, const Work& work, std::uint64_t index)
{
    spaceframe::Message received;
    spaceframe::error_code error;
    if (!socket.receive(received, limit, error))
    {
        throw std::runtime_error("cannot receive message " + std::to_string(index) + ": " + error.message());
    }
    Frames frames;
    for (const spaceframe::Frame& frame : received)
    {
        frames.emplace_back(frame.text());
    }
    if (const std::string problem = work.content.problem_with(frames, work.envelope.size(), index);
        !problem.empty())
    {
        throw std::runtime_error(problem);
    }
    for (std::size_t place = 0; place < work.envelope.size(); ++place)
    {
        const bool made = work.made_identity && place == 0;
        if (made ? frames[0].size() != 5 || frames[0][0] != '\0' : frames[place] != work.envelope[place])
        {
            throw std::runtime_error("message " + std::to_string(index) + ": frame " + std::to_string(place) +
                                     " of the envelope is wrong");
        }
    }
    return received;
}

Frames receive_frames(spaceframe::Socket& socket)
{
    spaceframe::Message received;
    spaceframe::error_code error;
    if (!socket.receive(received, limit, error))
    {
        throw std::runtime_error("cannot receive: " + error.message());
    }
    Frames frames;
    for (const spaceframe::Frame& frame : received)
    {
        frames.emplace_back(frame.text());
    }
    return frames;
}

void expect(spaceframe::Socket& socket, const Frames& frames)
{
    if (receive_frames(socket) != frames)
    {
        throw std::runtime_error("our XPUB was told something else of its subscriber");
    }
}

void send(spaceframe::Socket& socket, const Work& work)
{
    for (std::uint64_t index = 0; index < work.count; ++index)
    {
        send_one(socket, work, index);
    }
}

void receive(spaceframe::Socket& socket, const Work& work)
{
    for (std::uint64_t index = 0; index < work.count; ++index)
    {
        receive_one(socket, work, index);
    }
}

void echo(spaceframe::Socket& socket, const Work& work)
{
    for (std::uint64_t index = 0; index < work.count; ++index)
    {
        spaceframe::error_code error;
        socket.send(receive_one(socket, work, index), limit, error);
        if (error)
        {
            throw std::runtime_error("cannot send message " + std::to_string(index) +
                                     " back: " + error.message());
        }
    }
}

void ask(spaceframe::Socket& socket, const Work& work)
{
    std::uint64_t received = 0;
    for (std::uint64_t sent = 0; received < work.count;)
    {
        if (sent < work.count && sent - received < work.window)
        {
            send_one(socket, work, sent++);
        }
        else
        {
            receive_one(socket, work, received++);
        }
    }
}

// The subscriber stays, so it is its unsubscription that ends it. Nothing tells a PUB; it looks again and
// again, and in between the wait for a second subscriber, who never comes, drives a kernel without threads.
void wait_for_the_end_of_interest(spaceframe::Socket& socket)
{
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (socket.wait_for_subscribers(topic, 1, 0s))
    {
        if (std::chrono::steady_clock::now() > end)
        {
            throw std::runtime_error("the subscription never ended");
        }
        socket.wait_for_subscribers(topic, 2, 1ms);
    }
}

void publish(spaceframe::Socket& socket, const Work& work)
{
    const bool is_told = socket.pattern() == "xpub";
    if (is_told)
    {
        expect(socket, {'\1' + std::string(topic)});
    }
    else if (!socket.wait_for_subscribers(topic, 1, limit))
    {
        throw std::runtime_error("nobody subscribed");
    }
    for (std::uint64_t index = 0; index < work.count; ++index)
    {
        send_one(socket, work, index);
        send_frames(socket, work.content.unwanted());
    }
    if (is_told)
    {
        expect(socket, {'\0' + std::string(topic)});
    }
    else
    {
        wait_for_the_end_of_interest(socket);
    }
    if (socket.ledger().copies != work.count)
    {
        throw std::runtime_error("of " + std::to_string(work.count) + " messages " +
                                 std::to_string(socket.ledger().copies) + " were wanted");
    }
}

void subscribe(spaceframe::Socket& socket, const Work& work)
{
    const bool by_message = socket.pattern() == "xsub";
    if (by_message)
    {
        send_frames(socket, {'\1' + std::string(topic)});
    }
    else
    {
        socket.subscribe(topic);
    }
    std::function<void()> on_probe = work.on_probe;
    for (std::uint64_t index = 0; index < work.count;)
    {
        const Frames frames = receive_frames(socket);
        if (frames == Frames{probe})
        {
            if (on_probe)
            {
                std::exchange(on_probe, nullptr)();
            }
            continue;
        }
        if (!frames.front().starts_with(topic))
        {
            throw std::runtime_error("this was not subscribed to: " + frames.front());
        }
        if (const std::string problem = work.content.problem_with(frames, 0, index); !problem.empty())
        {
            throw std::runtime_error(problem);
        }
        ++index;
    }
    if (by_message)
    {
        send_frames(socket, {std::string(1, '\0') + topic});
    }
    else
    {
        socket.unsubscribe(topic);
    }
}

} // namespace

Ours::Ours(std::string_view pattern, const std::string& endpoint_line, unsigned threads,
           spaceframe::KernelOptions options)
    : kernel_(manifest(pattern, endpoint_line, threads), std::move(options))
    , socket_(started(kernel_))
{}

std::string Ours::close()
{
    const spaceframe::CloseReport report = kernel_.close(limit);
    if (report.complete && report.discarded == 0 && report.undelivered == 0)
    {
        return {};
    }
    return "closing discarded " + std::to_string(report.discarded) + " messages and left " +
           std::to_string(report.undelivered) + " undelivered";
}

void perform(spaceframe::Socket& socket, std::string_view task, const Work& work)
{
    using Function = void (*)(spaceframe::Socket&, const Work&);
    static const std::map<std::string_view, Function> functions{
        {"send", send}, {"receive", receive}, {"echo", echo},
        {"ask", ask},   {"publish", publish}, {"subscribe", subscribe}};
    if (work.wait_for_peer && !socket.wait_for_peers(1, limit))
    {
        throw std::runtime_error("no peer came");
    }
    functions.at(task)(socket, work);
}

} // namespace interop
