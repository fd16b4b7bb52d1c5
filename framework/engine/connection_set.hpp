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
    void add(std::shared_ptr<Connection> connection)
    {
        const std::lock_guard guard(mutex_);
        connections_.insert(std::move(connection));
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

    std::vector<std::shared_ptr<Connection>> all() const
    {
        const std::lock_guard guard(mutex_);
        return {connections_.begin(), connections_.end()};
    }

private:
    mutable std::mutex mutex_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
};

} // namespace spaceframe::engine
