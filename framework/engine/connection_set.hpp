#pragma once

#include "engine/connection.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

namespace spaceframe::engine
{

/// The connections of a socket that are not closed. [any]
class ConnectionSet
{
public:
    /// False after close(): nobody would close this one. Throws std::bad_alloc.
    bool add(std::shared_ptr<Connection> connection)
    {
        const std::lock_guard guard(mutex_);
        if (!closed_)
        {
            connections_.insert(std::move(connection));
        }
        return !closed_;
    }

    void remove(const std::shared_ptr<Connection>& connection) noexcept
    {
        bool last = false;
        {
            const std::lock_guard guard(mutex_);
            last = connections_.erase(connection) > 0 && closed_ && connections_.empty();
        }
        if (last && on_last_)
        {
            on_last_();
        }
    }

    /// Before there is any: is called when the last one has gone after close(). Must not throw.
    void on_last(std::function<void()> on_last)
    {
        on_last_ = std::move(on_last);
    }

    std::size_t size() const noexcept
    {
        const std::lock_guard guard(mutex_);
        return connections_.size();
    }

    /// There are no further ones. Returns those that have to be closed. Throws std::bad_alloc.
    std::vector<std::shared_ptr<Connection>> close()
    {
        const std::lock_guard guard(mutex_);
        std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
        closed_ = true;
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    bool closed_ = false;
    std::function<void()> on_last_;
};

} // namespace spaceframe::engine
