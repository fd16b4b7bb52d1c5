#include "wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace spaceframe::scripted_transport
{

// The waits that became ready. They are posted when the lock, which is taken behind it, is no longer held.
class Wire::Posts
{
public:
    Posts() = default;
    Posts(const Posts&) = delete;
    Posts& operator=(const Posts&) = delete;

    ~Posts()
    {
        for (std::size_t i = 0; i < count_; ++i)
        {
            const auto& [host, loop, wait] = due_[i];
            plugin::Host(host).post(loop, plugin::callback<&Wait::complete>(wait));
        }
    }

    // Nothing if nobody waits, or if the wait was posted before.
    void add(Wait& wait) noexcept
    {
        if (wait.callback && !wait.posted)
        {
            wait.posted = true;
            due_[count_++] = {wait.side->host.table(), wait.side->loop, &wait};
        }
    }

    void add_all(Side& side) noexcept
    {
        add(side.readable);
        add(side.writable);
    }

private:
    struct Due
    {
        const sf_host* host;
        sf_loop* loop;
        Wait* wait;
    };

    std::array<Due, 4> due_{};
    std::size_t count_ = 0;
};

Wire::Side::Side(plugin::Host its_host, const Behaviour& its_behaviour)
    : host(its_host)
    , behaviour(its_behaviour)
    , incoming(capacity)
{}

Wire::Wire(plugin::Host first, const Behaviour& first_behaviour, plugin::Host second,
           const Behaviour& second_behaviour)
    : sides_{Side(first, first_behaviour), Side(second, second_behaviour)}
{
    for (Side& side : sides_)
    {
        side.readable.wire = side.writable.wire = this;
        side.readable.side = side.writable.side = &side;
    }
}

void Wire::attach(std::size_t side, sf_loop* loop) noexcept
{
    const std::lock_guard lock(mutex_);
    sides_[side].loop = loop;
}

plugin::Result Wire::read(std::size_t side, std::span<std::uint8_t> buffer) noexcept
{
    Posts posts;
    const std::lock_guard lock(mutex_);
    Side& own = sides_[side];
    if (own.size == 0)
    {
        return ended() ? -SF_CLOSED : -SF_WOULD_BLOCK;
    }
    const std::size_t count = std::min({own.size, buffer.size(), own.behaviour.reads.next()});
    const std::size_t straight = std::min(count, capacity - own.first);
    std::memcpy(buffer.data(), own.incoming.data() + own.first, straight);
    std::memcpy(buffer.data() + straight, own.incoming.data(), count - straight);
    own.first = (own.first + count) % capacity;
    own.size -= count;
    posts.add(sides_[1 - side].writable);
    return static_cast<plugin::Result>(count);
}

plugin::Result Wire::write(std::size_t side, std::span<const sf_iov> buffers) noexcept
{
    Posts posts;
    const std::lock_guard lock(mutex_);
    Side& own = sides_[side];
    Side& peer = sides_[1 - side];
    if (ended())
    {
        return -own.host.fail_system(EPIPE, "the in-memory connection has ended");
    }
    if (peer.size == capacity)
    {
        return -SF_WOULD_BLOCK;
    }
    const std::uint64_t close_after = own.behaviour.close_after;
    std::size_t room = std::min(capacity - peer.size, own.behaviour.writes.next());
    if (close_after != 0)
    {
        room = static_cast<std::size_t>(std::min<std::uint64_t>(room, close_after - own.written));
    }
    std::size_t taken = 0;
    for (const sf_iov& buffer : buffers)
    {
        const std::size_t count = std::min(buffer.size, room - taken);
        for (std::size_t done = 0; done < count;)
        {
            const std::size_t at = (peer.first + peer.size) % capacity;
            const std::size_t straight = std::min(count - done, capacity - at);
            std::memcpy(peer.incoming.data() + at, buffer.data + done, straight);
            peer.size += straight;
            done += straight;
        }
        taken += count;
    }
    own.written += taken;
    if (close_after != 0 && own.written == close_after)
    {
        broken_ = true;
        posts.add_all(own);
        posts.add_all(peer);
    }
    else if (taken > 0)
    {
        posts.add(peer.readable);
    }
    return static_cast<plugin::Result>(taken);
}

void Wire::wait(std::size_t side, std::uint32_t direction, plugin::Callback callback) noexcept
{
    Posts posts;
    const std::lock_guard lock(mutex_);
    Side& own = sides_[side];
    Wait& wait = direction == SF_WRITABLE ? own.writable : own.readable;
    wait.callback = callback;
    wait.alive = shared_from_this();
    const bool progress = direction == SF_WRITABLE ? sides_[1 - side].size < capacity : own.size > 0;
    if (progress || ended())
    {
        posts.add(wait);
    }
}

void Wire::close(std::size_t side) noexcept
{
    Posts posts;
    const std::lock_guard lock(mutex_);
    sides_[side].closed = true;
    posts.add_all(sides_[0]);
    posts.add_all(sides_[1]);
}

// On the loop of the side, as `close` is: a wait that was ready before the side was closed is cancelled all
// the same.
void Wire::Wait::complete(plugin::Status) noexcept
{
    std::shared_ptr<Wire> last;
    plugin::Callback waiting;
    bool cancelled = false;
    {
        const std::lock_guard lock(wire->mutex_);
        last = std::move(alive);
        waiting = std::exchange(callback, {});
        posted = false;
        cancelled = side->closed;
    }
    waiting(cancelled ? SF_CANCELLED : SF_OK);
}

} // namespace spaceframe::scripted_transport
