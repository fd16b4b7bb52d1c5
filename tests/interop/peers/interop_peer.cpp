// The libzmq side of the interop tests: one socket that sends, receives, echoes or asks, publishes or
// subscribes, and checks what it gets. Of several tasks each begins when the one before is done.
//
// `publish`: every message has the topic before it, and between them are others that begin with another
// topic. An XPUB begins when it was told of the subscription, and ends when it was told of its end. A PUB is
// told nothing: it sends probes until its standard input has a line. `subscribe` is the other side: skips
// probes, takes nothing but the topic, unsubscribes, and after "done" stays until its standard input has a
// line. `stand` does nothing until its standard input has a line.
//
// Prints "bound <endpoint>" when it binds, then "done" and exits with 0, or "problem <what>" and exits
// with 1.

#include "content.hpp"
#include "zmq_socket.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace
{

using namespace interop;

struct Settings
{
    std::string type;
    std::vector<std::string> tasks;
    std::string bind;
    std::string connect;
    std::string identity;   // ours
    std::string peer;       // the other side's identity
    bool delimiter = false; // an empty frame goes before the content
    bool named = false;     // and the name of a request, of 4 bytes, before that
    bool correlate = false;
    std::uint64_t count = 1000;
    std::uint64_t window = 8;
    Content content;
};

bool has_topic(const std::string& task)
{
    return task == "publish" || task == "subscribe";
}

const std::map<std::string, zmq::socket_type> types{
    {"push", zmq::socket_type::push},     {"pull", zmq::socket_type::pull},
    {"dealer", zmq::socket_type::dealer}, {"router", zmq::socket_type::router},
    {"req", zmq::socket_type::req},       {"rep", zmq::socket_type::rep},
    {"pair", zmq::socket_type::pair},     {"pub", zmq::socket_type::pub},
    {"sub", zmq::socket_type::sub},       {"xpub", zmq::socket_type::xpub},
    {"xsub", zmq::socket_type::xsub}};

// True when there is a line on standard input, or nothing will ever come.
bool told_to_go(std::chrono::milliseconds wait)
{
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, static_cast<int>(wait.count())) > 0;
}

void say(const std::string& line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

std::string version()
{
    const auto [major, minor, patch] = zmq::version();
    return "libzmq " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

class Peer
{
public:
    explicit Peer(const Settings& settings)
        : settings_(settings)
        , socket_(types.at(settings.type), settings.identity)
        , routes_(settings.type == "router")
        , envelope_((routes_ ? 1U : 0U) + (settings.named ? 1U : 0U) + (settings.delimiter ? 1U : 0U))
    {
        if (settings_.correlate)
        {
            socket_.correlate();
        }
        if (has_topic(settings_.tasks.front()))
        {
            socket_.keep_everything();
            settings_.content.prefix = topic;
        }
        if (settings_.tasks.front() == "subscribe")
        {
            socket_.subscribe(topic);
        }
        if (!settings_.bind.empty())
        {
            say("bound " + socket_.bind(settings_.bind));
        }
        else
        {
            socket_.connect(settings_.connect);
        }
    }

    void run()
    {
        for (const std::string& task : settings_.tasks)
        {
            run(task);
        }
        say("done");
        if (settings_.tasks.back() == "subscribe")
        {
            told_to_go(std::chrono::seconds(30));
        }
    }

private:
    void run(const std::string& task)
    {
        if (task == "send")
        {
            for (std::uint64_t index = 0; index < settings_.count; ++index)
            {
                socket_.send(settings_.content.message(index));
            }
        }
        else if (task == "ask")
        {
            ask();
        }
        else if (task == "publish")
        {
            publish();
        }
        else if (task == "subscribe")
        {
            subscribe();
        }
        else if (task == "stand")
        {
            if (!told_to_go(std::chrono::seconds(30)))
            {
                throw std::runtime_error("nobody said for how long");
            }
        }
        else
        {
            for (std::uint64_t index = 0; index < settings_.count; ++index)
            {
                const Frames frames = receive_checked(index);
                if (task == "echo")
                {
                    socket_.send(frames);
                }
            }
        }
    }

    void publish()
    {
        if (settings_.type == "xpub")
        {
            expect_change('\1' + std::string(topic));
        }
        else
        {
            do
            {
                socket_.send({probe});
            }
            while (!told_to_go(std::chrono::milliseconds(1)));
        }
        for (std::uint64_t index = 0; index < settings_.count; ++index)
        {
            socket_.send(settings_.content.message(index));
            socket_.send(settings_.content.unwanted());
        }
        if (settings_.type == "xpub")
        {
            expect_change('\0' + std::string(topic));
        }
    }

    void expect_change(const std::string& change)
    {
        if (socket_.receive() != Frames{change})
        {
            throw std::runtime_error("the XPUB was told something else of its subscriber");
        }
    }

    void subscribe()
    {
        for (std::uint64_t index = 0; index < settings_.count;)
        {
            const Frames frames = socket_.receive();
            if (frames == Frames{probe})
            {
                continue;
            }
            if (!frames.front().starts_with(topic))
            {
                throw std::runtime_error("this was not subscribed to: " + frames.front());
            }
            if (const std::string problem = settings_.content.problem_with(frames, 0, index);
                !problem.empty())
            {
                throw std::runtime_error(problem);
            }
            ++index;
        }
        socket_.unsubscribe(topic);
    }

    // Keeps up to `window` requests on their way.
    void ask()
    {
        std::uint64_t received = 0;
        for (std::uint64_t sent = 0; received < settings_.count;)
        {
            if (sent < settings_.count && sent - received < settings_.window)
            {
                Frames frames = settings_.content.message(sent++);
                if (settings_.delimiter)
                {
                    frames.insert(frames.begin(), std::string());
                }
                if (routes_)
                {
                    frames.insert(frames.begin(), settings_.peer);
                }
                socket_.send(frames);
            }
            else
            {
                receive_checked(received++);
            }
        }
    }

    Frames receive_checked(std::uint64_t index)
    {
        Frames frames = socket_.receive();
        const std::string problem = settings_.content.problem_with(frames, envelope_, index);
        if (!problem.empty())
        {
            throw std::runtime_error(problem);
        }
        if (settings_.delimiter && !frames[envelope_ - 1].empty())
        {
            throw std::runtime_error("the frame before the content is not empty");
        }
        if (settings_.named && frames[envelope_ - 2].size() != 4)
        {
            throw std::runtime_error("the request has no name of 4 bytes");
        }
        if (routes_ && frames.front() != settings_.peer)
        {
            throw std::runtime_error("the identity is not '" + settings_.peer + "'");
        }
        return frames;
    }

    Settings settings_;
    ZmqSocket socket_;
    bool routes_;
    std::size_t envelope_; // frames that the socket puts before the content
};

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app("The libzmq side of an interop test");
    app.add_option("type", settings.type, "Socket type in lower case")->required();
    app.set_version_flag("--version", version());
    app.add_option("tasks", settings.tasks, "What to do, separated by commas")
        ->required()
        ->delimiter(',')
        ->check(CLI::IsMember({"send", "receive", "echo", "ask", "publish", "subscribe", "stand"}));
    auto* const bind = app.add_option("--bind", settings.bind, "Endpoint to bind");
    auto* const connect =
        app.add_option("--connect", settings.connect, "Endpoint to connect to")->excludes(bind);
    app.add_option("--identity", settings.identity, "Routing id of this socket");
    app.add_option("--peer", settings.peer, "Routing id that a ROUTER expects of the other side");
    app.add_flag("--delimiter", settings.delimiter, "An empty frame goes before the content");
    app.add_flag("--named", settings.named, "Expects the name of a request before the empty frame");
    app.add_flag("--correlate", settings.correlate, "REQ: give requests names");
    app.add_option("--count", settings.count, "Messages");
    app.add_option("--window", settings.window, "Requests on their way at once");
    app.add_flag("--without-empty", settings.content.without_empty, "No frame of the contents is empty");
    app.add_option("--seed", settings.content.seed, "Seed of the contents");
    app.add_option("--parts", settings.content.parts, "Frames of a message: \"one\" or \"many\"")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Parts>{{"one", Parts::one}, {"many", Parts::many}}));
    CLI11_PARSE(app, argc, argv);
    try
    {
        if (bind->empty() && connect->empty())
        {
            throw std::invalid_argument("--bind or --connect is missing");
        }
        Peer(settings).run();
        return 0;
    }
    catch (const std::exception& error)
    {
        say(std::string("problem ") + error.what());
        return 1;
    }
}
