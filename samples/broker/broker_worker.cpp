// A worker behind the broker: answers requests through a REP socket of libzmq.
//
// Runs until it is interrupted. With --obey it obeys lines on its standard input: "pause" (stop reading
// requests), "resume", "stop"; the end of the input means "stop". Prints "ready" when a broker is connected,
// "paused", "resumed", and at the end "served <requests>".

#include "work.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <zmq.hpp>

#include <array>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace
{

using namespace broker_sample;

void say(const std::string& line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

// Lines from standard input.
class Control
{
public:
    // Reads what is there; blocks if there is nothing, so call it when the descriptor is readable.
    void read()
    {
        std::array<char, 256> chunk{};
        const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
        buffer_ +=
            count > 0 ? std::string(chunk.data(), static_cast<std::size_t>(count)) : std::string("stop\n");
    }

    bool next(std::string& line)
    {
        const std::size_t end = buffer_.find('\n');
        if (end == std::string::npos)
        {
            return false;
        }
        line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return true;
    }

private:
    std::string buffer_;
};

class Worker
{
public:
    Worker(std::uint64_t id, const std::string& endpoint, bool obeys)
        : id_(id)
        , socket_(context_, zmq::socket_type::rep)
        , obeys_(obeys)
    {
        // A worker that pauses shall really stop reading: with the default mark libzmq would go on to read
        // 1000 requests ahead.
        socket_.set(zmq::sockopt::rcvhwm, 1);
        socket_.set(zmq::sockopt::linger, 1000);
        const char* const monitor_endpoint = "inproc://monitor";
        if (zmq_socket_monitor(socket_.handle(), monitor_endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0)
        {
            throw zmq::error_t();
        }
        monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
        monitor_.set(zmq::sockopt::linger, 0);
        monitor_.connect(monitor_endpoint);
        socket_.connect(endpoint);
    }

    void run()
    {
        std::array<zmq::pollitem_t, 3> items{};
        items[0] = {nullptr, obeys_ ? STDIN_FILENO : -1, ZMQ_POLLIN, 0};
        items[1] = {monitor_.handle(), 0, ZMQ_POLLIN, 0};
        items[2] = {socket_.handle(), 0, ZMQ_POLLIN, 0};
        while (!stopped_)
        {
            zmq::poll(items.data(), paused_ ? items.size() - 1 : items.size(), std::chrono::milliseconds(-1));
            if ((items[0].revents & ZMQ_POLLIN) != 0)
            {
                obey();
            }
            if ((items[1].revents & ZMQ_POLLIN) != 0)
            {
                announce();
            }
            if (!paused_ && !stopped_ && (items[2].revents & ZMQ_POLLIN) != 0)
            {
                serve();
            }
        }
        zmq_socket_monitor(socket_.handle(), nullptr, 0);
        say(fmt::format("served {}", served_));
    }

private:
    void obey()
    {
        control_.read();
        for (std::string line; control_.next(line);)
        {
            if (line == "pause" || line == "resume")
            {
                paused_ = line == "pause";
                say(paused_ ? "paused" : "resumed");
            }
            else if (line == "stop")
            {
                stopped_ = true;
            }
            else
            {
                say("error unknown command '" + line + "'; there are pause, resume and stop");
            }
        }
    }

    void announce()
    {
        zmq::message_t event;
        zmq::message_t address;
        [[maybe_unused]] const auto first = monitor_.recv(event);
        [[maybe_unused]] const auto second = monitor_.recv(address);
        say("ready");
    }

    void serve()
    {
        zmq::message_t header;
        zmq::message_t body;
        [[maybe_unused]] const auto size = socket_.recv(header);
        std::size_t frames = 1;
        for (bool more = header.more(); more; more = body.more())
        {
            [[maybe_unused]] const auto body_size = socket_.recv(body);
            ++frames;
        }
        Request request;
        Reply reply;
        reply.worker = id_;
        const std::span<std::byte> bytes(static_cast<std::byte*>(body.data()), body.size());
        const bool fine =
            frames == 2 &&
            read_header({static_cast<const std::byte*>(header.data()), header.size()}, request) &&
            request.size == bytes.size() && request.checksum == checksum(bytes);
        reply.verdict = fine ? Verdict::fine : Verdict::damaged;
        reply.client = request.client;
        reply.number = request.number;
        transform(bytes, request.client, request.number);
        reply.checksum = checksum(bytes);
        reply.size = bytes.size();
        socket_.send(zmq::buffer(&reply, sizeof reply), zmq::send_flags::sndmore);
        socket_.send(body, zmq::send_flags::none);
        ++served_;
    }

    std::uint64_t id_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    zmq::socket_t monitor_;
    Control control_;
    bool obeys_;
    bool paused_ = false;
    bool stopped_ = false;
    std::uint64_t served_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    std::uint64_t id = 1;
    std::string endpoint;
    bool obeys = false;
    CLI::App app("A worker of the broker sample, on libzmq");
    app.add_option("--connect", endpoint, "The broker's backend")->required();
    app.add_option("--id", id, "Number of this worker, named in its replies");
    app.add_flag("--obey", obeys, "Obey lines on standard input: pause, resume, stop; its end means stop");
    CLI11_PARSE(app, argc, argv);

    try
    {
        Worker worker(id, endpoint, obeys);
        worker.run();
        return 0;
    }
    catch (const std::exception& error)
    {
        say(fmt::format("error {}", error.what()));
        return 1;
    }
}
