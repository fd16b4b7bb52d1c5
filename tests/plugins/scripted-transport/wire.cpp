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

void Wire::join(plugin::Host second, const Behaviour& behaviour)
{
    const std::lock_guard lock(mutex_);
    sides_[1].host = second;
    sides_[1].behaviour = behaviour;
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
    if (sides_[1 - side].written_behind)
    {
        return -own.host.fail(SF_FAILED, "the other end wrote behind a write that had failed");
    }
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
    if (own.failed)
    {
        own.written_behind = true;
        posts.add(peer.readable);
        return static_cast<plugin::Result>(buffers.front().size);
    }
    const std::uint64_t close_after = own.behaviour.close_after;
    if (own.behaviour.fail_at != 0 && own.written == own.behaviour.fail_at)
    {
        own.failed = true;
        return -own.host.fail(own.behaviour.fails_for_memory ? SF_NO_MEMORY : SF_FAILED,
                              "the script fails this write");
    }
    const std::uint64_t allowed = allowance(side);
    if (peer.size == capacity || allowed == 0)
    {
        return -SF_WOULD_BLOCK;
    }
    const std::size_t room = static_cast<std::size_t>(
        std::min<std::uint64_t>(allowed, std::min(capacity - peer.size, own.behaviour.writes.next())));
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
    const bool peer_stalled = allowance(1 - side) == 0;
    own.written += taken;
    if (peer_stalled && allowance(1 - side) != 0)
    {
        posts.add(peer.writable);
    }
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
    const bool progress = direction == SF_WRITABLE ? sides_[1 - side].size < capacity && allowance(side) != 0
                                                   : own.size > 0 || sides_[1 - side].written_behind;
    if (progress || ended())
    {
        posts.add(wait);
    }
}

std::uint64_t Wire::allowance(std::size_t side) const noexcept
{
    const Side& own = sides_[side];
    const Behaviour& script = own.behaviour;
    std::uint64_t allowed = UINT64_MAX;
    const bool stall_is_over = script.stall_until != 0 && sides_[1 - side].written >= script.stall_until;
    for (const std::uint64_t end :
         {script.close_after, script.fail_at, stall_is_over ? std::uint64_t{0} : script.stall_at})
    {
        allowed = end == 0 ? allowed : std::min(allowed, end - std::min(own.written, end));
    }
    return allowed;
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
