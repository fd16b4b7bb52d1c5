#include "engine/socket_core.hpp"

#include "engine/connection.hpp"
#include "engine/permit_wait.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace spaceframe::engine
{
namespace
{

// A turn in a batch is so many messages of one peer.
constexpr std::size_t messages_per_turn = 32;

/// Releases what messages hold, with one atomic operation for each run of frames of one slab.
void release_all(std::span<Message> messages) noexcept
{
    sf_owner* owner = nullptr;
    std::uint64_t references = 0;
    for (Message& message : messages)
    {
        if (message.size() == 1)
        {
            sf_owner* held = message.detach_only_frame();
            if (held != owner)
            {
                if (references > 0)
                {
                    memory::release(owner, references);
                }
                owner = held;
                references = 0;
            }
            references += held == nullptr ? 0 : 1;
        }
        message.clear();
    }
    if (references > 0)
    {
        memory::release(owner, references);
    }
}

} // namespace

SocketCore::SocketCore(Driver& driver, const manifest::SocketDescription& description,
                       const pattern::Row& row, std::unique_ptr<Budget> budget)
    : driver_(driver)
    , description_(description)
    , row_(row)
    , budget_(std::move(budget))
    , counts_charges_(!budget_->unlimited() || description.settings.send_hwm_bytes != 0 ||
                      std::any_of(description.endpoints.begin(), description.endpoints.end(),
                                  [](const auto& endpoint)
                                  {
                                      return endpoint.settings.send_hwm_bytes != 0;
                                  }))
    , next_identity_(std::random_device{}())
{}

SocketCore::~SocketCore() = default;

std::size_t SocketCore::send(Source& source, Timeout timeout, error_code& error)
{
    error.clear();
    if (row_.outbound == pattern::Outbound::none)
    {
        error = errc::not_supported;
        return 0;
    }
    Patience patience(timeout);
    std::size_t sent = 0;
    FrameList frames;
    Charges charges;
    while (source.remaining() > 0 && !error)
    {
        std::size_t messages = source.peek(frames, SIZE_MAX);
        if (messages == 0)
        {
            error = errc::invalid_argument;
            break;
        }
        std::uint64_t charged = 0;
        charges.clear();
        if (counts_charges_)
        {
            append_charges(frames, charges);
            error = acquire(charges, messages, patience, source);
            if (error)
            {
                break;
            }
            if (messages < charges.size())
            {
                charges.resize(messages);
                source.peek(frames, messages);
            }
            charged = std::accumulate(charges.begin(), charges.end(), std::uint64_t{0});
        }

        WriteList writes;
        std::size_t taken = 0;
        std::uint64_t seen = 0;
        std::uint64_t unused = 0;
        {
            const std::lock_guard guard(mutex_);
            if (closing_)
            {
                error = errc::terminated;
            }
            else
            {
                try
                {
                    submit({frames, messages, charges}, taken, unused, error);
                }
                catch (const std::bad_alloc&)
                {
                    error = errc::no_memory;
                }
            }
            seen = capacity_epoch_;
            if (taken < messages || (taken == source.remaining() && corked_ == 0))
            {
                claim_writes(writes, taken < messages);
            }
        }
        if (charged > 0)
        {
            for (std::size_t i = taken; i < messages; ++i)
            {
                unused += charges[i];
            }
            budget_->release(unused);
        }
        source.taken(taken);
        sent += taken;
        write(writes);
        if (error || taken == messages)
        {
            continue;
        }
        const auto changed = [&]
        {
            const std::lock_guard guard(mutex_);
            return closing_ || capacity_epoch_ != seen;
        };
        error = wait_until(changed, patience);
    }
    if (error && sent > 0)
    {
        write_dirty();
    }
    return sent;
}

/// The charge of each message, without the address that a routing pattern takes off.
void SocketCore::append_charges(std::span<const sf_frame> frames, Charges& charges) const
{
    std::size_t begin = 0;
    for (std::size_t i = 0; i < frames.size(); ++i)
    {
        if ((frames[i].flags & SF_FRAME_MORE) == 0)
        {
            const auto message = frames.subspan(begin, i + 1 - begin);
            charges.push_back(
                charge_of(row_.outbound == pattern::Outbound::route ? message.subspan(1) : message));
            begin = i + 1;
        }
    }
}

/// Takes permits for `messages`, or for the first of them only when there are not so many.
error_code SocketCore::acquire(std::span<const std::uint64_t> charges, std::size_t& messages,
                               Patience& patience, Source& source)
{
    source.wanted_permit = 0;
    if (budget_->unlimited() ||
        budget_->try_acquire(std::accumulate(charges.begin(), charges.end(), std::uint64_t{0})) == SF_OK)
    {
        return {};
    }
    messages = 1;
    sf_status status = budget_->try_acquire(charges.front());
    if (status == SF_WOULD_BLOCK)
    {
        // What was collected must go out first, or nobody would ever return permits.
        write_dirty();
        driver_.poll();
        status = budget_->try_acquire(charges.front());
    }
    if (status == SF_WOULD_BLOCK)
    {
        if (patience.none())
        {
            source.wanted_permit = charges.front();
            return errc::would_block;
        }
        if (driver_.on_a_loop())
        {
            return errc::would_deadlock;
        }
        const auto given_up = [this]
        {
            const std::lock_guard guard(mutex_);
            return closing_;
        };
        status = wait_for_permit(*budget_, charges.front(), driver_, changed_, given_up, patience.deadline());
    }
    if (status == SF_CANCELLED)
    {
        return errc::terminated;
    }
    return to_error_code(status, 0);
}

void SocketCore::write_dirty()
{
    WriteList writes;
    {
        const std::lock_guard guard(mutex_);
        claim_writes(writes, true);
    }
    write(writes);
}

std::size_t SocketCore::receive(std::span<Message> messages, Timeout timeout, error_code& error)
{
    error.clear();
    if (row_.inbound == pattern::Inbound::none)
    {
        error = errc::not_supported;
        return 0;
    }
    release_all(messages);
    if (messages.empty())
    {
        error = errc::invalid_argument;
        return 0;
    }
    Patience patience(timeout);
    for (;;)
    {
        {
            const std::lock_guard guard(mutex_);
            std::size_t count = 0;
            while (count < messages.size() && arrived_ > 0 && !closing_)
            {
                Peer& peer = *peers_[readers_.current()];
                const std::size_t turn = readers_.active() == 1 ? messages.size() : messages_per_turn;
                std::size_t left = std::min({turn, messages.size() - count, peer.arrived});
                arrived_ -= left;
                peer.arrived -= left;
                counters.delivered += left;
                for (; left > 0; --left)
                {
                    pop_message(peer, messages[count++]);
                }
                readers_.advance();
                update_readiness(peer);
            }
            if (count > 0)
            {
                return count;
            }
            if (closing_)
            {
                error = errc::terminated;
                return 0;
            }
        }
        const auto arrived = [this]
        {
            const std::lock_guard guard(mutex_);
            return closing_ || arrived_ > 0;
        };
        error = wait_until(arrived, patience);
        if (error)
        {
            return 0;
        }
    }
}

std::size_t SocketCore::take_frames(FrameList& frames)
{
    const std::lock_guard guard(mutex_);
    frames.clear();
    std::size_t messages = 0;
    while (arrived_ > 0 && frames.size() < Source::frames_at_once)
    {
        Peer& peer = *peers_[readers_.current()];
        if (row_.envelope == pattern::Envelope::identity)
        {
            Frame identity = peer.identity_frame;
            const auto* data = reinterpret_cast<const std::uint8_t*>(identity.data());
            const std::size_t size = identity.size();
            frames.push_back({identity.detach(), data, size, SF_FRAME_MORE, 0});
        }
        do
        {
            frames.push_back(peer.incoming.pop_front());
        }
        while ((frames.back().flags & SF_FRAME_MORE) != 0);
        ++messages;
        --peer.arrived;
        --arrived_;
        ++counters.delivered;
        readers_.advance();
        update_readiness(peer);
    }
    return messages;
}

bool SocketCore::wait_for_peers(std::size_t count, Timeout timeout)
{
    const auto enough = [&]
    {
        const std::lock_guard guard(mutex_);
        return ready_peers_ >= count;
    };
    const auto settled = [&]
    {
        const std::lock_guard guard(mutex_);
        return closing_ || ready_peers_ >= count;
    };
    driver_.wait(changed_, settled, deadline_after(timeout));
    return enough();
}

void SocketCore::cork() noexcept
{
    const std::lock_guard guard(mutex_);
    ++corked_;
}

void SocketCore::uncork()
{
    WriteList writes;
    {
        const std::lock_guard guard(mutex_);
        if (--corked_ == 0)
        {
            claim_writes(writes, true);
        }
    }
    write(writes);
}

void SocketCore::flush(Timeout timeout, error_code& error)
{
    write_dirty();
    const auto settled = [this]
    {
        const std::lock_guard guard(mutex_);
        return closing_ || count_unwritten() == 0;
    };
    Patience patience(timeout);
    error.clear();
    if (!settled())
    {
        error = wait_until(settled, patience);
    }
    if (!error && unwritten() > 0)
    {
        error = errc::terminated;
    }
}

std::size_t SocketCore::count_unwritten() const noexcept
{
    std::size_t total = unassigned_messages_;
    for (const auto& peer : peers_)
    {
        total += peer ? peer->pending() : 0;
    }
    return total;
}

std::size_t SocketCore::unwritten() const
{
    const std::lock_guard guard(mutex_);
    return count_unwritten();
}

Ledger SocketCore::ledger() const
{
    const std::lock_guard guard(mutex_);
    Ledger snapshot = counters;
    snapshot.queued = count_unwritten();
    snapshot.pending = arrived_;
    snapshot.peers = ready_peers_;
    return snapshot;
}

void SocketCore::begin_close()
{
    {
        const std::lock_guard guard(mutex_);
        closing_ = true;
    }
    notify();
}

void SocketCore::set_hooks(std::function<void()> readable, std::function<void()> writable)
{
    const std::lock_guard guard(mutex_);
    readable_hook_ = std::move(readable);
    writable_hook_ = std::move(writable);
}

void SocketCore::pop_message(Peer& peer, Message& message)
{
    if (row_.envelope == pattern::Envelope::identity)
    {
        message.push_back(peer.identity_frame);
    }
    for (;;)
    {
        const sf_frame frame = peer.incoming.pop_front();
        message.push_back(Frame(frame.owner, reinterpret_cast<const std::byte*>(frame.data), frame.size));
        if ((frame.flags & SF_FRAME_MORE) == 0)
        {
            return;
        }
    }
}

/// After messages were taken from `peer`.
void SocketCore::update_readiness(Peer& peer)
{
    if (peer.arrived == 0)
    {
        readers_.deactivate(peer.id.index);
        peer.incoming.shrink_if_idle();
    }
    if (peer.paused && peer.arrived <= peer.recv_hwm / 2)
    {
        resume_reading(peer);
    }
    if (peer.gone && peer.arrived == 0)
    {
        retire(peer);
    }
}

} // namespace spaceframe::engine
