// A client of the broker: sends requests one after another through a REQ socket of libzmq and checks every
// reply.
//
// Prints lines that a supervisor can read: "progress <replies>", "timeout <bytes of the request>",
// "wrong <request>: <why>", and at the end "done <JSON>".

#include "work.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>

namespace
{

using namespace broker_sample;
using Clock = std::chrono::steady_clock;

struct Settings
{
    std::string endpoint;
    std::uint64_t client = 1;
    std::uint64_t requests = 1000;
    std::uint64_t seed = 1;
    int timeout_ms = 1000;
    int patience_ms = 60000; // a request without a reply for so long is lost
};

struct Outcome
{
    std::uint64_t replies = 0;
    std::uint64_t wrong = 0;
    std::uint64_t lost = 0;
    std::uint64_t timeouts = 0;
    std::map<std::string, std::uint64_t> workers;
};

void say(const std::string& line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

View view(const zmq::message_t& frame)
{
    return {static_cast<const std::byte*>(frame.data()), frame.size()};
}

class Client
{
public:
    explicit Client(const Settings& settings) : settings_(settings), socket_(context_, zmq::socket_type::req)
    {
        // The lazy pirate: a request may be sent again although no reply came, and a reply to an earlier try
        // is recognised and ignored by libzmq.
        socket_.set(zmq::sockopt::req_relaxed, true);
        socket_.set(zmq::sockopt::req_correlate, true);
        socket_.set(zmq::sockopt::rcvtimeo, settings.timeout_ms);
        socket_.set(zmq::sockopt::sndtimeo, settings.timeout_ms);
        socket_.set(zmq::sockopt::linger, 0);
        socket_.connect(settings.endpoint);
    }

    Outcome run()
    {
        for (std::uint64_t number = 0; number < settings_.requests; ++number)
        {
            ask(number);
            if (outcome_.replies % 25 == 0)
            {
                say(fmt::format("progress {}", outcome_.replies));
            }
        }
        return outcome_;
    }

private:
    void ask(std::uint64_t number)
    {
        const Body body = request_body(settings_.seed, settings_.client, number);
        const Request request{settings_.client, number, checksum(body), body.size()};
        const auto give_up = Clock::now() + std::chrono::milliseconds(settings_.patience_ms);
        while (!try_once(request, body))
        {
            ++outcome_.timeouts;
            say(fmt::format("timeout {}", body.size()));
            if (Clock::now() >= give_up)
            {
                ++outcome_.lost;
                say(fmt::format("lost {}", number));
                return;
            }
        }
    }

    // False when no reply came in time.
    bool try_once(const Request& request, View body)
    {
        if (!socket_.send(zmq::buffer(&request, sizeof request), zmq::send_flags::sndmore) ||
            !socket_.send(zmq::buffer(body.data(), body.size()), zmq::send_flags::none))
        {
            return false;
        }
        zmq::message_t header;
        if (!socket_.recv(header))
        {
            return false;
        }
        check(header, request, body);
        return true;
    }

    void check(const zmq::message_t& header, const Request& request, View asked)
    {
        ++outcome_.replies;
        zmq::message_t body;
        std::size_t frames = 1;
        for (bool more = header.more(); more; more = body.more())
        {
            // The frames of one message arrive together.
            [[maybe_unused]] const auto size = socket_.recv(body);
            ++frames;
        }
        Reply reply;
        std::string problem;
        if (frames != 2 || !read_header(view(header), reply))
        {
            problem = fmt::format("the reply has {} frames, the first of {} bytes", frames, header.size());
        }
        else
        {
            problem = problem_with(reply, view(body), request, asked);
        }
        if (!problem.empty())
        {
            ++outcome_.wrong;
            say(fmt::format("wrong {}: {}", request.number, problem));
            return;
        }
        ++outcome_.workers[std::to_string(reply.worker)];
    }

    Settings settings_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    Outcome outcome_;
};

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app("A client of the broker sample, on libzmq");
    app.add_option("--connect", settings.endpoint, "The broker's frontend")->required();
    app.add_option("--id", settings.client, "Number of this client");
    app.add_option("--requests", settings.requests, "How many requests to make");
    app.add_option("--seed", settings.seed, "Seed of the random bodies");
    app.add_option("--timeout", settings.timeout_ms, "Milliseconds to wait for a reply before asking again");
    app.add_option("--patience", settings.patience_ms,
                   "Milliseconds after which a request is given up as lost");
    CLI11_PARSE(app, argc, argv);

    try
    {
        const auto start = Clock::now();
        Client client(settings);
        const Outcome outcome = client.run();
        const std::chrono::duration<double> elapsed = Clock::now() - start;
        const nlohmann::json report = {
            {"client", settings.client},  {"requests", settings.requests}, {"replies", outcome.replies},
            {"wrong", outcome.wrong},     {"lost", outcome.lost},          {"timeouts", outcome.timeouts},
            {"seconds", elapsed.count()}, {"workers", outcome.workers},
        };
        say("done " + report.dump());
        return outcome.wrong == 0 && outcome.lost == 0 ? 0 : 1;
    }
    catch (const std::exception& error)
    {
        say(fmt::format("error {}", error.what()));
        return 1;
    }
}
