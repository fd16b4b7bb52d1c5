#pragma once

#include <cstdint>

namespace spaceframe::engine
{

/// What peers that are lost have left and nobody has received yet. All of them together may leave as much as
/// a few could, so that a peer that comes back again and again, or a crowd of peers that come once, fills
/// nothing. Guarded by the socket's lock.
class Leftovers
{
public:
    struct Share
    {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
    };

    /// So many peers may leave as much as their marks say.
    static constexpr std::uint64_t peers = 64;

    /// The marks of one peer; 0: none.
    Leftovers(std::uint64_t messages, std::uint64_t bytes) noexcept : most_{of_all(messages), of_all(bytes)}
    {}

    /// A lost peer, whose share was `share`, has left as much as `now` says.
    void update(Share& share, const Share& now) noexcept
    {
        total_.messages += now.messages - share.messages;
        total_.bytes += now.bytes - share.bytes;
        share = now;
        full_ = full_ ? !is_half_free() : is_reached();
    }

    /// From the moment that a mark is reached until half of each is free again: nobody else is to come.
    bool full() const noexcept
    {
        return full_;
    }

private:
    static constexpr std::uint64_t of_all(std::uint64_t mark) noexcept
    {
        return mark > UINT64_MAX / peers ? UINT64_MAX : mark * peers;
    }

    bool is_reached() const noexcept
    {
        return (most_.messages != 0 && total_.messages >= most_.messages) ||
               (most_.bytes != 0 && total_.bytes >= most_.bytes);
    }

    bool is_half_free() const noexcept
    {
        return (most_.messages == 0 || total_.messages <= most_.messages / 2) &&
               (most_.bytes == 0 || total_.bytes <= most_.bytes / 2);
    }

    const Share most_;
    Share total_;
    bool full_ = false;
};

} // namespace spaceframe::engine
