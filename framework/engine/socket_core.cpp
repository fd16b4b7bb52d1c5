#include "engine/socket_core.hpp"

#include "engine/connection.hpp"
#include "engine/permit_wait.hpp"
#include "pattern/replier.hpp"
#include "pattern/requester.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace spaceframe::engine
{
namespace
{

std::unique_ptr<pattern::Conversation> make_conversation(const pattern::Row& row,
                                                         const manifest::Settings& settings)
{
    if (row.inbound != pattern::Inbound::lockstep)
    {
        return nullptr;
    }
    if (row.outbound == pattern::Outbound::reply)
    {
        return std::make_unique<pattern::Replier>();
    }
    const pattern::Requester::Options options{settings.req_relaxed, settings.req_correlate,
                                              settings.request_timeout};
    return std::make_unique<pattern::Requester>(options, std::random_device{}());
}

std::unique_ptr<pattern::Publisher> make_publisher(const pattern::Row& row,
                                                   const manifest::Settings& settings)
{
    if (row.outbound != pattern::Outbound::fan_out)
    {
        return nullptr;
    }
    return std::make_unique<pattern::Publisher>(pattern::Publisher::Options{
        settings.xpub_verbose || settings.xpub_verboser, settings.xpub_verboser, settings.xpub_manual});
}

std::unique_ptr<pattern::Subscriber> make_subscriber(const pattern::Row& row,
                                                     const manifest::Settings& settings)
{
    if (!row.sends_subscriptions)
    {
        return nullptr;
    }
    auto subscriber = std::make_unique<pattern::Subscriber>(settings.invert_matching);
    for (const std::string& topic : settings.subscribe)
    {
        subscriber->subscribe(topic);
    }
    return subscriber;
}

/// True for patterns for which `on_full` has a meaning.
bool may_be_full(const pattern::Row& row) noexcept
{
    return row.inbound != pattern::Inbound::lockstep &&
           (pattern::takes_turns(row) || row.outbound == pattern::Outbound::route ||
            row.outbound == pattern::Outbound::fan_out);
}

/// True when a message can go to the peer whose turn it is as it comes.
bool assigns_at_once(const pattern::Row& row, bool recalls) noexcept
{
    return !recalls && pattern::takes_turns(row) && row.inbound != pattern::Inbound::lockstep;
}

pattern::WhenFull say_when_full(const pattern::Row& row, const manifest::Settings& settings)
{
    switch (settings.on_full)
    {
    case manifest::OnFull::standard:
        return settings.xpub_nodrop || settings.router_mandatory ? pattern::WhenFull::wait : row.when_full;
    case manifest::OnFull::wait:
        return pattern::WhenFull::wait;
    case manifest::OnFull::refuse:
        return pattern::WhenFull::refuse;
    case manifest::OnFull::drop_newest:
        return pattern::WhenFull::drop_newest;
    case manifest::OnFull::drop_oldest:
        return pattern::WhenFull::drop_oldest;
    case manifest::OnFull::disconnect:
        return pattern::WhenFull::disconnect;
    }
    return row.when_full;
}

} // namespace

SocketCore::SocketCore(Driver& driver, const manifest::SocketDescription& description,
                       const pattern::Row& row, std::unique_ptr<Permits> permits)
    : driver_(driver)
    , description_(description)
    , row_(row)
    , permits_(std::move(permits))
    , counts_charges_(!permits_->unlimited() || permits_->decider() != nullptr ||
                      description.settings.send_hwm_bytes != 0 ||
                      std::any_of(description.endpoints.begin(), description.endpoints.end(),
                                  [](const auto& endpoint)
                                  {
                                      return endpoint.settings.send_hwm_bytes != 0;
                                  }))
    , when_full_(say_when_full(row, description.settings))
    , decider_(may_be_full(row) && description.settings.on_full == manifest::OnFull::standard
                   ? permits_->decider()
                   : nullptr)
    , conflates_(description.settings.conflate != manifest::Conflate::off)
    , recalls_(conflates_ || decider_ != nullptr || when_full_ == pattern::WhenFull::drop_oldest)
    , sends_plainly_(!counts_charges_ && assigns_at_once(row, recalls_))
    , sends_counted_(counts_charges_ && assigns_at_once(row, recalls_))
    , next_identity_(std::random_device{}())
    , leftovers_(description.settings.recv_hwm, description.settings.recv_hwm_bytes)
    , conversation_(make_conversation(row, description.settings))
    , publisher_(make_publisher(row, description.settings))
    , subscriber_(make_subscriber(row, description.settings))
{
    if (publisher_ && row.inbound != pattern::Inbound::none)
    {
        hub_ = &make_peer(description.settings);
    }
}

SocketCore::~SocketCore() = default;

std::size_t SocketCore::send(Source& source, Timeout timeout, error_code& error) noexcept
{
    error.clear();
    if (row_.outbound == pattern::Outbound::none)
    {
        error = errc::not_supported;
        return 0;
    }
    if (conversation_)
    {
        error = check_turn();
    }
    std::size_t sent = 0;
    try
    {
        send_groups(source, timeout, sent, error);
    }
    catch (const std::bad_alloc&)
    {
        error = errc::no_memory;
    }
    if (pattern::multiplies(row_))
    {
        permits_->release(std::exchange(source.prepaid, 0));
    }
    if (error && sent > 0)
    {
        write_dirty();
    }
    post_resumes();
    return sent;
}

void SocketCore::send_groups(Source& source, Timeout timeout, std::size_t& sent, error_code& error)
{
    Patience patience(timeout);
    FrameList frames;
    Charges charges;
    bool pressed = false;
    while (source.remaining() > 0 && !error)
    {
        if (closing_)
        {
            error = errc::terminated;
            break;
        }
        std::size_t messages = source.peek(frames, SIZE_MAX);
        if (messages == 0)
        {
            error = errc::invalid_argument;
            break;
        }
        std::uint64_t charged = 0;
        charges.clear();
        // Each copy has a permit of its own.
        if (counts_charges_ && !pattern::multiplies(row_))
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

        DutyList duties;
        std::size_t taken = 0;
        std::uint64_t seen = 0;
        std::uint64_t unused = 0;
        std::uint64_t wanted = 0;
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
                    submit({frames, messages, charges, source.prepaid, pressed}, taken, unused, error);
                }
                catch (const std::bad_alloc&)
                {
                    error = errc::no_memory;
                }
            }
            seen = capacity_epoch_;
            wanted = std::exchange(wanted_copies_, 0);
            if (taken < messages || (taken == source.remaining() && corked_ == 0))
            {
                claim_writes(duties, taken < messages);
            }
        }
        if (charged > 0)
        {
            for (std::size_t i = taken; i < messages; ++i)
            {
                unused += charges[i];
            }
            permits_->release(unused);
        }
        source.taken(taken);
        sent += taken;
        perform(duties);
        // Peers that are full write what they can before messages suffer for it.
        pressed = !error && taken < messages &&
                  (when_full_ != pattern::WhenFull::wait || decider_ != nullptr) && !(pressed && taken == 0);
        if (error || taken == messages || pressed)
        {
            continue;
        }
        if (wanted > 0)
        {
            error = await_permits(wanted, seen, patience, source);
            source.prepaid = error ? 0 : wanted;
            if (error == errc::terminated && !closing_)
            {
                // The receivers have changed.
                error.clear();
            }
            continue;
        }
        if (pattern::multiplies(row_))
        {
            // Nobody waits for a peer with a permit.
            permits_->release(std::exchange(source.prepaid, 0));
        }
        const auto changed = [&]
        {
            const std::lock_guard guard(mutex_);
            return closing_ || capacity_epoch_ != seen;
        };
        error = wait_until(changed, patience);
    }
}

/// The charge of each message, without the address that a routing pattern takes off, and with the envelope
/// that a lockstep pattern puts around it.
void SocketCore::append_charges(std::span<const sf_frame> frames, Charges& charges) const
{
    const std::uint64_t envelope = conversation_ ? envelope_charge() : 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < frames.size(); ++i)
    {
        if ((frames[i].flags & SF_FRAME_MORE) == 0)
        {
            const auto message = frames.subspan(begin, i + 1 - begin);
            charges.push_back(envelope + charge_of(row_.outbound == pattern::Outbound::route
                                                       ? message.subspan(1)
                                                       : message));
            begin = i + 1;
        }
    }
}

/// Takes permits for `messages`, or for the first of them only when there are not so many.
error_code SocketCore::acquire(std::span<const std::uint64_t> charges, std::size_t& messages,
                               Patience& patience, Source& source)
{
    source.wanted_permit = 0;
    if (source.prepaid >= charges.front())
    {
        permits_->release(std::exchange(source.prepaid, 0) - charges.front());
        messages = 1;
        return {};
    }
    if (permits_->unlimited() ||
        permits_->try_acquire(std::accumulate(charges.begin(), charges.end(), std::uint64_t{0})) == SF_OK)
    {
        return {};
    }
    messages = 1;
    return await_permits(charges.front(), std::nullopt, patience, source);
}

/// Takes permits for so many bytes, as patiently as the caller is. errc::terminated when the socket is
/// closed, or when what may let a sender go on is not what it was at `epoch`.
error_code SocketCore::await_permits(std::uint64_t bytes, std::optional<std::uint64_t> epoch,
                                     Patience& patience, Source& source)
{
    sf_status status = permits_->try_acquire(bytes);
    if (status == SF_WOULD_BLOCK)
    {
        // What was collected must go out first, or nobody would ever return permits.
        write_dirty();
        if (patience.may_drive())
        {
            driver_.poll();
        }
        status = permits_->try_acquire(bytes);
    }
    if (status == SF_WOULD_BLOCK)
    {
        if (patience.none())
        {
            source.wanted_permit = bytes;
            return errc::would_block;
        }
        if (driver_.on_a_loop())
        {
            return errc::would_deadlock;
        }
        const auto given_up = [this, epoch]
        {
            const std::lock_guard guard(mutex_);
            return closing_ || (epoch && *epoch != capacity_epoch_);
        };
        status = wait_for_permit(*permits_, bytes, driver_, changed_, given_up, patience.deadline());
    }
    if (status == SF_CANCELLED)
    {
        return errc::terminated;
    }
    return to_error_code(status, 0);
}

void SocketCore::write_dirty()
{
    DutyList duties;
    {
        const std::lock_guard guard(mutex_);
        claim_writes(duties, true);
    }
    perform(duties);
}

bool SocketCore::wait_for_peers(std::size_t count, Timeout timeout, error_code& error)
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
    error = wait_patiently(settled, timeout);
    return enough();
}

bool SocketCore::has_peers(std::size_t count, error_code& error) const
{
    const std::lock_guard guard(mutex_);
    error = ready_peers_ < count && closing_ ? make_error_code(errc::terminated) : error_code();
    return ready_peers_ >= count || error;
}

void SocketCore::cork() noexcept
{
    const std::lock_guard guard(mutex_);
    ++corked_;
}

void SocketCore::uncork() noexcept
{
    DutyList duties;
    {
        const std::lock_guard guard(mutex_);
        if (--corked_ == 0)
        {
            claim_writes(duties, true);
        }
    }
    perform(duties);
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
    const std::scoped_lock guard(inbox_.mutex, mutex_);
    Ledger snapshot = counters;
    snapshot.delivered += inbox_.delivered;
    snapshot.queued = count_unwritten();
    snapshot.pending = arrived_ + inbox_.messages;
    snapshot.peers = ready_peers_;
    return snapshot;
}

void SocketCore::set_hooks(std::function<void()> readable, std::function<void()> writable)
{
    const std::lock_guard guard(mutex_);
    readable_hook_ = std::move(readable);
    writable_hook_ = std::move(writable);
}

} // namespace spaceframe::engine
