#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace broker_demo
{

// Passes bytes between TCP connections made to it and a target on 127.0.0.1, so that a connection between two
// live processes can be cut. It has a thread of its own; its functions may be called from any thread.
class Relay
{
public:
    // `target`: "tcp://127.0.0.1:PORT". Throws std::system_error or std::invalid_argument.
    explicit Relay(const std::string& target);
    ~Relay();

    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Where to connect to.
    std::string endpoint() const;

    // Resets every connection, whatever is on its way, and also the next `refused` ones that come.
    void cut(unsigned refused);

    // How many connections were passed on so far.
    unsigned connections() const
    {
        return connections_;
    }

    // Readable after each change of connections(), until `acknowledge` is called.
    int events() const
    {
        return events_;
    }

    void acknowledge();

private:
    struct Half
    {
        int descriptor = -1;
        std::string outgoing; // what came from the other half and was not written yet
    };

    struct Link
    {
        Half near;
        Half far;
    };

    void run();
    void accept_one();
    void obey();
    static bool serve(Link& link, short near_events, short far_events);
    static void reset(Link& link);

    std::uint16_t target_port_ = 0;
    int listener_ = -1;
    int wake_ = -1;
    int events_ = -1;
    std::list<Link> links_;
    unsigned refused_ = 0;
    std::mutex mutex_;
    bool cut_requested_ = false;    // under mutex_
    bool stop_requested_ = false;   // under mutex_
    unsigned refuse_requested_ = 0; // under mutex_
    bool stopped_ = false;
    std::atomic<unsigned> connections_ = 0;
    std::thread thread_;
};

} // namespace broker_demo
