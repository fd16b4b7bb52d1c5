// A socket of libzmq that binds, and sends, receives, echoes or asks as long as it lives, however badly its
// peers behave: it is there to be killed.
//
//   restart_peer TYPE     prints "bound <endpoint>"; one that receives then prints "received" once, after
//                         20 messages

#include <zmq.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace
{

using Frames = std::vector<zmq::message_t>;

constexpr std::chrono::milliseconds patience{10};
constexpr int enough = 20;

enum class Habit
{
    receives,
    echoes,
    sends,
    asks,
};

struct Type
{
    zmq::socket_type type;
    Habit habit;
};

const std::map<std::string, Type> types{{"pull", {zmq::socket_type::pull, Habit::receives}},
                                        {"sub", {zmq::socket_type::sub, Habit::receives}},
                                        {"push", {zmq::socket_type::push, Habit::sends}},
                                        {"pub", {zmq::socket_type::pub, Habit::sends}},
                                        {"router", {zmq::socket_type::router, Habit::echoes}},
                                        {"rep", {zmq::socket_type::rep, Habit::echoes}},
                                        {"pair", {zmq::socket_type::pair, Habit::echoes}},
                                        {"xpub", {zmq::socket_type::xpub, Habit::asks}},
                                        {"xsub", {zmq::socket_type::xsub, Habit::asks}},
                                        {"dealer", {zmq::socket_type::dealer, Habit::asks}},
                                        {"req", {zmq::socket_type::req, Habit::asks}}};

void say(const std::string& line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

class Peer
{
public:
    explicit Peer(const Type& type) : socket_(context_, type.type), habit_(type.habit)
    {
        socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
        socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
        if (type.type == zmq::socket_type::sub)
        {
            socket_.set(zmq::sockopt::subscribe, "");
        }
        if (type.type == zmq::socket_type::req)
        {
            socket_.set(zmq::sockopt::req_relaxed, true);
            socket_.set(zmq::sockopt::req_correlate, true);
        }
        socket_.bind("tcp://127.0.0.1:*");
        if (type.type == zmq::socket_type::xsub)
        {
            // A subscription to everything; whoever connects learns of it.
            socket_.send(zmq::str_buffer("\1"), zmq::send_flags::none);
        }
        say("bound " + socket_.get(zmq::sockopt::last_endpoint));
    }

    [[noreturn]] void live()
    {
        for (;;)
        {
            const bool speaks = habit_ == Habit::sends || habit_ == Habit::asks;
            if (speaks && !socket_.send(zmq::str_buffer("something"), zmq::send_flags::none))
            {
                continue;
            }
            if (habit_ != Habit::sends)
            {
                receive();
            }
            else
            {
                // A PUB is never full: nothing else holds it up.
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        }
    }

private:
    void receive()
    {
        Frames frames;
        do
        {
            frames.emplace_back();
            if (!socket_.recv(frames.back()))
            {
                return;
            }
        }
        while (frames.back().more());
        if (++received_ == enough)
        {
            say("received");
        }
        for (std::size_t i = 0; habit_ == Habit::echoes && i < frames.size(); ++i)
        {
            const bool last = i + 1 == frames.size();
            socket_.send(frames[i], last ? zmq::send_flags::none : zmq::send_flags::sndmore);
        }
    }

    zmq::context_t context_;
    zmq::socket_t socket_;
    Habit habit_;
    int received_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    try
    {
        Peer(types.at(argc == 2 ? argv[1] : "")).live();
    }
    catch (const std::exception& problem)
    {
        std::fprintf(stderr, "restart_peer: %s\n", problem.what());
        return 1;
    }
}
