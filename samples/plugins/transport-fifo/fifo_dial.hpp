#pragma once

#include "fifo_stream.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <string>

namespace fifo
{

// The pipes that we make for one connection; their names go with this object.
class OwnPipes
{
public:
    // Beside the listener's pipe. Throws plugin::Error.
    explicit OwnPipes(const std::string& listener);
    OwnPipes(const OwnPipes&) = delete;
    OwnPipes& operator=(const OwnPipes&) = delete;
    ~OwnPipes();

    std::string token;
    std::string up;
    std::string down;
};

// The nested class Dial of the transport: calls the listener, and waits for its answer.
class FifoDial
{
public:
    // Throws plugin::Error, with SF_REFUSED when nobody listens; nothing was started then. Begins with
    // `start`.
    FifoDial(sdk::Host host, sf_loop* loop, std::string path, int capacity,
             sdk::StreamCallback<FifoStream> dialed);

    // The object disposes of itself after it has called back.
    void start(std::chrono::nanoseconds timeout) noexcept;
    void cancel() noexcept;

private:
    void on_answer(sdk::Status status) noexcept;
    void on_timeout(sdk::Status status) noexcept;

    void call(int capacity);
    void take_answer() noexcept;
    void finish(sdk::Status status, FifoStream* stream) noexcept;
    void returned() noexcept;

    sdk::Host host_;
    std::string path_;
    sdk::StreamCallback<FifoStream> dialed_;
    OwnPipes pipes_;
    Outlet outlet_;
    Descriptor in_;
    sdk::Watch watch_; // closed before `in_`
    sdk::Timer timer_;
    int outstanding_ = 0; // callbacks that were asked for and have not come
    bool cancelled_ = false;
    bool over_ = false; // `dialed_` was called
};

} // namespace fifo
