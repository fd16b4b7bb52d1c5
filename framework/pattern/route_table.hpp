#pragma once

#include "pattern/peer_id.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spaceframe::pattern
{

/// Identities and the peers that bear them. Not thread-safe.
class RouteTable
{
public:
    /// False, and nothing changes, when a live peer bears `identity` already. Throws std::bad_alloc.
    bool add(std::string_view identity, PeerId peer)
    {
        return routes_.try_emplace(std::string(identity), peer).second;
    }

    /// Forgets `identity`, but only if it still belongs to `peer`: a peer that came back keeps its route.
    void remove(std::string_view identity, PeerId peer) noexcept
    {
        const auto found = routes_.find(identity);
        if (found != routes_.end() && found->second == peer)
        {
            routes_.erase(found);
        }
    }

    std::optional<PeerId> find(std::string_view identity) const noexcept
    {
        const auto found = routes_.find(identity);
        return found == routes_.end() ? std::nullopt : std::optional(found->second);
    }

    std::size_t size() const noexcept
    {
        return routes_.size();
    }

private:
    struct Hash
    {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const noexcept
        {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::unordered_map<std::string, PeerId, Hash, std::equal_to<>> routes_;
};

} // namespace spaceframe::pattern
