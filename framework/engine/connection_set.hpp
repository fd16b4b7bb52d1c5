#pragma once

#include "engine/connection.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>
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
        const std::lock_guard guard(mutex_);
        connections_.erase(connection);
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
};

} // namespace spaceframe::engine
