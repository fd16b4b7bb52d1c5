#pragma once

#include "fifo_stream.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <string>

namespace fifo
{

// The named pipe on which we are called. One process at a time has it: the file is locked, and a pipe that
// a process left behind is taken over.
class ListeningPipe
{
public:
    // Throws plugin::Error.
    explicit ListeningPipe(std::string path);
    ListeningPipe(const ListeningPipe&) = delete;
    ListeningPipe& operator=(const ListeningPipe&) = delete;
    ~ListeningPipe();

    const std::string& path() const noexcept
    {
        return path_;
    }

    int descriptor() const noexcept
    {
        return pipe_.get();
    }

    void close() noexcept;

private:
    bool has_name() const noexcept;

    std::string path_;
    Descriptor pipe_;
};

// The nested class Listener of the transport.
class FifoListener
{
public:
    // Throws plugin::Error. Begins with `start`.
    FifoListener(sdk::Host host, sf_loop* loop, std::string path, int capacity,
                 sdk::StreamCallback<FifoStream> accepted);

    void start() noexcept;
    sdk::Result address(char* buffer, std::size_t capacity) const noexcept;
    // Disposes of the object when the last callback has come.
    void close() noexcept;

private:
    void on_readable(sdk::Status status) noexcept;
    void accept_all() noexcept;
    void accept(const Record& record);

    sdk::Host host_;
    ListeningPipe pipe_;
    int capacity_;
    sdk::StreamCallback<FifoStream> accepted_;
    sdk::Watch watch_; // closed before the pipe
    bool closed_ = false;
};

} // namespace fifo
