#pragma once

#include "engine/alarm.hpp"
#include "engine/chunk.hpp"
#include "engine/deadlines.hpp"
#include "engine/driver.hpp"
#include "engine/duty.hpp"
#include "engine/inbox.hpp"
#include "engine/mutex.hpp"
#include "engine/patience.hpp"
#include "engine/peer.hpp"
#include "engine/permits.hpp"
#include "engine/source.hpp"
#include "engine/waiting.hpp"
#include "manifest/description.hpp"
#include "pattern/conversation.hpp"
#include "pattern/publisher.hpp"
#include "pattern/rotation.hpp"
#include "pattern/route_table.hpp"
#include "pattern/subscriber.hpp"
#include "pattern/table.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/ledger.hpp>
#include <spaceframe/socket.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spaceframe::engine
{

class Connection;

/// A socket: its peers, their queues and the strategies of its pattern. Everything but the inbox is guarded
/// by one lock, under which no system call is made and nothing of the host is called; connections write to
/// their transports after it was released.
///
/// Lock order: inbox, then socket, then permits, then budget.
class SocketCore : public std::enable_shared_from_this<SocketCore>
{
public:
    SocketCore(Driver& driver, const manifest::SocketDescription& description, const pattern::Row& row,
               std::unique_ptr<Permits> permits);
    SocketCore(const SocketCore&) = delete;
    SocketCore& operator=(const SocketCore&) = delete;
    ~SocketCore();

    const manifest::SocketDescription& description() const noexcept
    {
        return description_;
    }

    const pattern::Row& row() const noexcept
    {
        return row_;
    }

    Driver& driver() noexcept
    {
        return driver_;
    }

    // ------------------------------------------------------------------ the application's side [any]

    /// Sends what `source` has. Returns how many messages were taken; fewer than all only with an error.
    std::size_t send(Source& source, Timeout timeout, error_code& error) noexcept;
    /// Sends a message of one frame if its way is open: a peer whose turn it is, with nothing queued before
    /// it, and a permit at once. False: nothing was done, and send() does it.
    bool send_at_once(const sf_frame& frame) noexcept;
    /// Receives the next message of the inbox, unless it is the last there. False: there was none, and
    /// receive() sees to it.
    bool receive_at_once(Message& message) noexcept;
    /// Waits for one message, then takes what is there.
    std::size_t receive(std::span<Message> messages, Timeout timeout, error_code& error);
    /// Waits for a message that comes back from a lost peer.
    bool receive_returned(Message& message, Timeout timeout, error_code& error);
    bool wait_for_peers(std::size_t count, Timeout timeout, error_code& error);
    /// Those that are connected, and those that messages can wait for.
    std::vector<PeerInfo> peers() const;
    /// Begins to end its connection. False: it has none. Throws std::bad_alloc.
    bool disconnect(PeerId id);
    /// True when so many peers are ready, or when they will never come.
    bool has_peers(std::size_t count, error_code& error) const;
    /// SUB, XSUB: subscribes, or cancels. XPUB with xpub_manual: the same for the peer whose message was
    /// received last.
    void change_subscription(std::string_view topic, bool cancel, error_code& error) noexcept;
    /// Distinct topics: of the peers, or our own; none for other patterns.
    std::size_t topics() const;
    /// PUB, XPUB: waits until a message that begins with `topic` would go to so many peers.
    bool wait_for_subscribers(std::string_view topic, std::size_t count, Timeout timeout, error_code& error);
    /// True when it would, or when it never will.
    bool has_subscribers(std::string_view topic, std::size_t count, error_code& error);
    /// Asynchronous calls.
    Waiting& waiting() noexcept
    {
        return waiting_;
    }
    void cork() noexcept;
    void uncork() noexcept;
    void flush(Timeout timeout, error_code& error);
    Ledger ledger() const;
    BudgetState budget() const noexcept
    {
        return permits_->state();
    }
    /// Bytes that a message may take at most, of its budgets together.
    std::uint64_t largest_permit() const noexcept
    {
        return permits_->least_limit();
    }
    Timeout send_timeout() const noexcept
    {
        return description_.settings.send_timeout;
    }
    Timeout recv_timeout() const noexcept
    {
        return description_.settings.recv_timeout;
    }

    /// Who closes it, without a wait. [any]
    using Closer = std::function<std::optional<CloseReport>(Clock::time_point end)>;
    /// Before anybody uses the socket.
    void set_closer(Closer closer)
    {
        closer_ = std::move(closer);
    }
    const Closer& closer() const noexcept
    {
        return closer_;
    }
    /// Who knows the endpoints. True: it is settled whether the one that is asked for is ready. [any]
    using Settler = std::function<bool(detail::Request& request)>;
    /// Before anybody uses the socket.
    void set_settler(Settler settler)
    {
        settler_ = std::move(settler);
    }
    const Settler& settler() const noexcept
    {
        return settler_;
    }
    /// Asynchronous calls are tried again at `when`. Throws std::bad_alloc.
    void set_alarm(Clock::time_point when);

    // ------------------------------------------------------------------ proxies [loop]

    /// Takes whole messages, at most about `Source::frames_at_once` frames, whose references are the
    /// caller's. Returns how many messages.
    std::size_t take_frames(FrameList& frames);
    /// Messages that a proxy cannot pass on were dropped because of `error`.
    void drop_refused(const error_code& error, std::size_t messages);
    /// Called, under the lock, when a message came into an empty socket, or when room for sending came back.
    void set_hooks(std::function<void()> readable, std::function<void()> writable);

    // ------------------------------------------------------------------ connections [loop]

    /// Makes the peer of an endpoint that dials, so that messages can wait for its first connection. Returns
    /// nothing for patterns that cannot use one.
    std::optional<pattern::PeerId> add_durable_peer(const manifest::Settings& settings,
                                                    std::string_view endpoint);
    /// The endpoint of a durable peer will not dial again.
    void remove_durable_peer(pattern::PeerId id);
    /// May a peer of this identity be attached, as that durable peer or a new one? With `router_handover` an
    /// old bearer is closed.
    bool identity_is_free(std::string_view identity, std::optional<pattern::PeerId> durable);
    /// A pattern with one peer: is the place free for the owner of that durable peer, or for a new one?
    bool has_place(std::optional<pattern::PeerId> durable) const;
    /// [any, without the lock] When there is none, or the identity is not free: the peer that has it is not
    /// read from, so that nobody knows yet whether it has gone.
    bool is_in_doubt(std::string_view identity) const noexcept;
    /// A handshake is complete: `connection` serves its durable peer, or a new one of that identity (made up
    /// when empty). False when another peer has taken the identity meanwhile.
    bool attach(Connection& connection, std::optional<pattern::PeerId> durable, std::string& identity,
                const manifest::Settings& settings);
    /// A connection that was attached is gone. What it had not written whole is restored, or counted as
    /// dropped.
    void detach(Connection& connection);
    /// Whole messages came; their references move in, whatever becomes of them. False when the connection has
    /// no peer yet. Throws std::bad_alloc.
    bool deliver(Connection& connection, std::span<const sf_frame> frames, std::size_t messages);
    /// Calls, also those that wait, fail with errc::terminated from now on.
    void begin_close();
    /// Discards what is queued, for good.
    CloseReport shut();
    /// Wakes everybody who waits.
    void notify() noexcept
    {
        driver_.notify(changed_);
        waiting_.notify();
    }
    /// Waits as a thread for something that notify() announces.
    template <class Ready>
    bool wait(Ready ready, Clock::time_point deadline)
    {
        return driver_.wait(changed_, ready, deadline);
    }
    /// The same for a call of the application, which may have no patience, and must not wait on a loop. No
    /// error: it is ready.
    template <class Ready>
    error_code wait_patiently(Ready ready, Timeout timeout)
    {
        Patience patience(timeout);
        return wait_until(ready, patience);
    }
    /// Messages accepted and not written.
    std::size_t unwritten() const;

    // ------------------------------------------------------------------ connections, under lock()

    Mutex& lock() noexcept
    {
        return mutex_;
    }

    struct Refilled
    {
        bool awaited = false;            ///< somebody may wait for the room that came about
        std::uint64_t unused_charge = 0; ///< permits of messages that were dropped
    };

    /// Encodes what the peer's queue has into the connection's window. Throws std::bad_alloc.
    Refilled refill(Connection& connection);
    /// The transport took messages whole, and so many bytes. True when somebody may wait for that.
    bool written(Connection& connection, std::size_t messages, std::uint64_t charge, std::uint64_t bytes);
    /// The transport takes no more. True when somebody waits to hear that.
    bool note_stuck(Connection& connection) noexcept;
    /// Tells the connection how much room the peer has. True when it has none: the connection stops reading
    /// until post_resume() is called.
    bool pause_reading(Connection& connection) noexcept;
    /// [any, without the lock] The peer, which is not read from, has closed, and has left something to be
    /// read.
    void note_hang_up(const Connection& connection) noexcept;
    /// [any, without the lock] False while many such peers keep their connections, or peers that are lost
    /// have left as much as the socket keeps of them.
    bool takes_more_peers() const noexcept;

    Permits& permits() noexcept
    {
        return *permits_;
    }
    /// [any, without the lock] Permits of messages that will not be written. Whoever waits for them goes on
    /// at the next notify().
    void give_back(std::uint64_t charge) noexcept;

    /// True when permits or byte marks need the charge of each message.
    bool counts_charges() const noexcept
    {
        return counts_charges_;
    }

    /// The counters, for connections and endpoints; `queued`, `pending` and `peers` are filled in by
    /// ledger().
    Ledger counters;

private:
    using DutyList = boost::container::small_vector<std::pair<std::shared_ptr<Connection>, Duty>, 4>;
    using Charges = boost::container::small_vector<std::uint64_t, 128>;

    struct Group
    {
        std::span<const sf_frame> frames;
        std::size_t messages;
        std::span<const std::uint64_t> charges; ///< empty when nobody counts
        std::uint64_t& prepaid; ///< permits that the sender has for the copies of the first message
        bool pressed = false;   ///< peers that are full have written what they could, for the first message
    };

    /// What the first peer's connection made of a message, for the others.
    struct Encoded
    {
        const Connection* source = nullptr;
        Chunk::Mark begin;
        FrameList owned; ///< the message in memory that peers can share; empty as long as nobody needs it
    };

    /// Whom a message of an XPUB's hub came from.
    struct Origin
    {
        std::uint32_t peer; ///< index
        bool told;          ///< news of a subscription, counted in Peer::told
        bool turns;         ///< pattern::Publisher::News
    };

    /// A subscription, or a cancellation, for all peers of an XSUB.
    struct Change
    {
        memory::SlabRef memory; ///< of the topic; none for the empty one
        std::string_view topic;
        bool cancel;
    };

    void send_groups(Source& source, Timeout timeout, std::size_t& sent, error_code& error);
    // Lockstep patterns (socket_lockstep.cpp); conversation_ decides.
    std::size_t receive_in_turn(Message& message, Timeout timeout, error_code& error);
    bool take_in_turn(Message& message, error_code& error);
    void move_message(Peer& peer, Message& message);
    error_code check_turn() const;
    void submit_in_turn(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                        error_code& error);
    std::uint64_t envelope_charge() const;
    std::size_t admit(Peer& peer, std::span<const sf_frame> frames) noexcept;
    bool withdraw_request(std::uint64_t& unused_charge);
    std::uint64_t drop_abandoned(memory::FrameRing& queue, std::size_t messages);
    void drop_answer() noexcept;
    bool has_request(const Peer& peer) const noexcept;
    Peer* find_peer(pattern::PeerId id) const noexcept;

    // Publishing (socket_publish.cpp) and subscribing (socket_subscribe.cpp).
    void submit_copies(const Group& group, std::size_t& taken, error_code& error);
    bool change_by_message(std::span<const Change> changes, std::span<const sf_frame> rest,
                           error_code& error);
    bool distribute(std::span<const sf_frame> message, bool pressed, std::uint64_t& prepaid,
                    error_code& error);
    void select_receivers(const sf_frame& first);
    bool relieve(std::span<const sf_frame> message, bool pressed, error_code& error);
    error_code acquire_copies(std::uint64_t charge, std::uint64_t& prepaid);
    sf_status acquire_copy(Peer& peer, std::span<const sf_frame> message, std::uint64_t charge) noexcept;
    void copy_to(Peer& peer, std::span<const sf_frame> message, std::span<const std::uint64_t> charge,
                 Encoded& encoded) noexcept;
    void welcome(Peer& peer) noexcept;
    bool deliver_upstream(Connection& connection, std::span<const sf_frame> frames, std::size_t messages);
    bool take_upstream(Peer& peer, std::span<const sf_frame> frames);
    bool take_subscription(Peer& peer, std::string_view topic, bool cancel);
    void tell(std::span<const sf_frame> message, const Origin& origin);
    void settle_news() noexcept;
    void withdraw(std::span<const std::size_t> places) noexcept;
    static bool withdraw_changes(Peer& peer, std::string_view topic) noexcept;
    void tell_change(const Peer& peer, std::string_view topic, bool cancel, bool turns);
    void note_receivers() noexcept;
    bool begin_forgetting(Peer& peer) noexcept;
    bool forget_some(Peer& peer) noexcept;
    bool go_on_forgetting() noexcept;
    void forget_later() noexcept;
    void note_received(std::size_t messages) noexcept;
    void sort_changes(std::span<const sf_frame> message, std::vector<Change>& changes, FrameList& rest) const;
    static Change make_change(std::string_view topic, bool cancel);
    void tell_peers(std::span<const Change> changes);
    bool cancel_before(std::string_view topic, std::span<const Change> later) noexcept;
    void tell_peer(Peer& peer, const Change& change) noexcept;
    void tell_all_subscriptions(Peer& peer);
    std::size_t admit_wanted(Peer& peer, std::span<const sf_frame> frames) noexcept;

    /// Takes messages in order and counts them in `taken`, also when it throws std::bad_alloc at a later one.
    void submit(const Group& group, std::size_t& taken, std::uint64_t& unused_charge, error_code& error);
    void submit_balanced(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                         error_code& error);
    void submit_routed(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                       error_code& error);
    template <bool Counts>
    bool append_at_once(const sf_frame& frame) noexcept;
    void assign(Peer& peer, std::span<const sf_frame> frames, std::size_t messages,
                std::span<const std::uint64_t> charges, std::size_t& taken);
    void count_accepted(Peer& peer, std::span<const sf_frame> frames, std::size_t messages,
                        std::span<const std::uint64_t> charges, std::size_t& taken) noexcept;
    void let_pass(Peer& peer, std::span<const sf_frame> message, std::size_t& taken);
    static FrameList own(std::span<const sf_frame> frames);
    void enqueue(Peer& peer, std::span<const sf_frame> frames, std::size_t messages);
    void push_queue(Peer& peer, std::span<const sf_frame> frames, std::size_t messages) noexcept;
    std::size_t push_incoming(Peer& peer, std::span<const sf_frame> frames, std::size_t messages) noexcept;
    // What a full peer means (socket_full.cpp).
    enum class Room
    {
        made, ///< the peer takes the message
        drop, ///< the message is dropped, for this peer
        none  ///< the message stays with its sender, who waits, or tries again where an error says why
    };
    Room find_room(Peer& peer, std::span<const sf_frame> message, bool pressed, std::uint64_t& unused_charge,
                   error_code& error) noexcept;
    bool has_to_wait(Peer& peer, pattern::WhenFull verdict, bool pressed) noexcept;
    Room make_room(Peer& peer, pattern::WhenFull verdict, std::uint64_t& unused_charge,
                   error_code& error) noexcept;
    pattern::WhenFull when_full(const Peer& peer, std::span<const sf_frame> message) noexcept;
    void drop_newest(Peer& peer, std::span<const sf_frame> message, std::span<const std::uint64_t> charge,
                     std::size_t& taken, std::uint64_t& unused_charge) noexcept;
    std::uint64_t age_of_first(const Peer& peer) const noexcept;
    void stamp(std::span<sf_frame> frames) noexcept;
    void stamp_restored(std::span<sf_frame> frames) noexcept;
    std::uint64_t drop_first(Peer& peer, std::uint64_t& reason) noexcept;
    void note_full(Peer& peer) noexcept;
    bool note_room(Peer& peer);
    static bool send_subscription(Connection& connection, Peer& peer);
    void dispatch_unassigned();
    void mark_dirty(Connection& connection) noexcept;
    template <class Claim>
    void claim(DutyList& duties, Claim claim) noexcept;
    void claim_writes(DutyList& duties, bool urgent) noexcept;
    static void perform(const DutyList& duties) noexcept;
    void append_charges(std::span<const sf_frame> frames, Charges& charges) const;
    error_code acquire(std::span<const std::uint64_t> charges, std::size_t& messages, Patience& patience,
                       Source& source);
    error_code await_permits(std::uint64_t bytes, std::optional<std::uint64_t> epoch, Patience& patience,
                             Source& source);
    void write_dirty();
    void postpone_writes(DutyList& duties) noexcept;
    std::size_t count_unwritten() const noexcept;

    /// Waits for `ready()` as patiently as the caller is. No error: it is ready.
    template <class Ready>
    error_code wait_until(Ready ready, Patience& patience)
    {
        if (ready())
        {
            return {};
        }
        if (patience.none())
        {
            if (patience.may_drive())
            {
                driver_.poll();
            }
            return ready() ? error_code() : make_error_code(errc::would_block);
        }
        if (driver_.on_a_loop())
        {
            return errc::would_deadlock;
        }
        return driver_.wait(changed_, ready, patience.deadline()) ? error_code()
                                                                  : make_error_code(errc::timed_out);
    }

    std::size_t take(std::span<Message> messages);
    std::size_t take_from_peers(std::span<Message> messages);
    std::size_t move_frames(FrameList& frames);
    Peer& reader() noexcept;
    void fill_inbox() noexcept;
    void settle_inbox() noexcept;
    void update_readiness(Peer& peer);
    void lend(Peer& peer, std::size_t messages);
    void lend_message(Peer& peer);
    bool is_place_free(std::optional<pattern::PeerId> durable) const noexcept;
    bool free_identity(std::string_view identity, std::optional<pattern::PeerId> durable,
                       std::shared_ptr<Connection>& replaced);
    bool is_reserved(std::string_view identity, std::optional<pattern::PeerId> durable) const noexcept;
    // Peers that are lost (socket_loss.cpp).
    manifest::OnPeerLoss fate_of(const Peer& peer, bool had_request) const noexcept;
    std::size_t recover(Connection& connection, Peer& peer, bool wanted, memory::FrameRing& restored,
                        std::uint64_t& unused_charge);
    std::uint64_t keep(Peer& peer, memory::FrameRing& restored, std::size_t count,
                       Clock::time_point end) noexcept;
    void keep_for(Peer& peer, memory::FrameRing& restored, std::size_t count);
    void keep_for_others(Peer& peer, memory::FrameRing& restored, std::size_t count, Clock::time_point end);
    void return_all(Peer& peer, memory::FrameRing& restored, std::size_t count, std::uint64_t& unused_charge);
    bool take_returned(Message& message);
    std::uint64_t discard_returning() noexcept;
    std::uint64_t charge_of_returning() const noexcept;
    std::uint64_t drop_all(Peer& peer, std::uint64_t& reason) noexcept;
    std::uint64_t release_durable_peer(pattern::PeerId id, Clock::time_point& end);
    void drop_expired() noexcept;
    std::uint64_t pass_unassigned(std::size_t messages, bool over) noexcept;
    void expire_at(Clock::time_point end) noexcept;
    Peer& make_peer(const manifest::Settings& settings);
    void retire(Peer& peer);
    void post_resumes() noexcept;
    std::uint64_t discard_queue(memory::FrameRing& queue, std::size_t& messages) const;

    Driver& driver_;
    const manifest::SocketDescription description_;
    const pattern::Row& row_;
    std::unique_ptr<Permits> permits_;
    bool counts_charges_;
    const pattern::WhenFull when_full_; // unless the policy decides
    Budget* const decider_;             // nullptr where it does not
    const bool conflates_;
    const bool recalls_;       // messages stay where they can be recalled until they are written
    const bool sends_plainly_; // nothing of a message is counted, and one peer gets it
    const bool sends_counted_; // the same, but for its charge

    mutable Mutex mutex_;
    Signal changed_;
    Waiting waiting_{*this};
    std::uint64_t capacity_epoch_ = 0; // counts what may let a sender go on
    std::uint32_t last_number_ = 0;    // of a message that conflation may replace
    std::uint64_t wanted_copies_ = 0;  // permits that the message that was tried last needs for all copies
    std::uint64_t passed_on_ = 0;      // permits of the message whose place the copy that is being made takes
    std::atomic<bool> closing_{false}; // calls fail; what is queued is still written
    bool closed_ = false;              // what is queued was discarded
    int corked_ = 0;

    std::vector<std::unique_ptr<Peer>> peers_; // by index
    std::vector<std::uint32_t> free_indices_;
    std::uint32_t next_epoch_ = 0;
    std::uint32_t next_identity_;
    std::size_t ready_peers_ = 0;
    Leftovers leftovers_;     // of peers that are gone
    std::size_t hung_up_ = 0; // peers that have closed and are not read to their ends

    pattern::Rotation senders_; // active: has room
    pattern::Rotation readers_; // active: has messages
    pattern::RouteTable routes_;
    std::unique_ptr<pattern::Conversation> conversation_; // of a lockstep pattern
    std::shared_ptr<Alarm> alarm_; // wakes asynchronous calls, and whoever forgets topics

    std::unique_ptr<pattern::Publisher> publisher_;   // of a pattern that peers subscribe to
    std::unique_ptr<pattern::Subscriber> subscriber_; // of a pattern that subscribes at its peers
    std::vector<std::uint32_t> receivers_;            // of the message that is being sent
    std::deque<std::uint32_t> forgetting_;            // indices of peers that are gone but for their topics
    Peer* hub_ = nullptr;         // XPUB: holds what came from all peers, in the order in which it came
    std::deque<Origin> origins_;  // and from whom
    std::size_t settle_from_ = 0; // so many wait in the hub when needless news are sought again
    pattern::PeerId last_origin_; // of the message that was received last

    memory::FrameRing unassigned_; // restored messages that have no peer now
    std::size_t unassigned_messages_ = 0;
    Deadlines unassigned_ends_;   // of the first of them
    memory::FrameRing returning_; // messages as they were sent, for the application
    std::size_t arrived_ = 0;     // messages in all peers' `incoming`
    mutable Inbox inbox_;

    std::vector<Connection*> dirty_;                   // have bytes that nobody has been asked to write
    std::vector<std::shared_ptr<Connection>> resumes_; // may read on, and have to be told
    std::atomic<bool> has_resumes_{false};             // stored under the lock
    Closer closer_;
    Settler settler_;
    std::function<void()> readable_hook_;
    std::function<void()> writable_hook_;
};

} // namespace spaceframe::engine
