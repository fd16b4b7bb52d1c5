#pragma once

#include <spaceframe/config.hpp>
#include <spaceframe/error.hpp>
#include <spaceframe/ledger.hpp>
#include <spaceframe/message.hpp>
#include <spaceframe/option_value.hpp>
#include <spaceframe/peer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{

namespace engine
{
class Endpoints;
class SocketCore;
} // namespace engine

namespace detail
{
struct SocketAccess;
}

/// How long an operation may wait. `wait_forever` and `no_wait` are the ends of the scale.
using Timeout = std::chrono::nanoseconds;
inline constexpr Timeout wait_forever = Timeout::max();
inline constexpr Timeout no_wait = Timeout::zero();

/// What closing discarded.
struct CloseReport
{
    bool complete = true;          ///< everything was written before the deadline
    std::uint64_t discarded = 0;   ///< messages that were accepted but not written
    std::uint64_t undelivered = 0; ///< messages that had arrived and nobody received
};

/// While it lives, messages that are sent through the socket, by whatever thread, are collected; they go out
/// together when the last cork ends, or earlier when a peer has no room for more.
class SPACEFRAME_API Cork
{
public:
    Cork(Cork&& other) noexcept;
    Cork(const Cork&) = delete;
    Cork& operator=(const Cork&) = delete;
    Cork& operator=(Cork&&) = delete;
    ~Cork();

private:
    friend class Socket;
    explicit Cork(std::shared_ptr<engine::Endpoints> endpoints);
    std::shared_ptr<engine::Endpoints> endpoints_;
};

/// A handle to a socket of a kernel; copies name the same socket. All functions may be called from any thread
/// at once: one send is one whole message, and messages never interleave.
///
/// The forms without an error_code throw boost::system::system_error. Waits last as long as the socket's
/// `send_timeout` or `recv_timeout` where no timeout is given; errc::timed_out ends them, or
/// errc::would_block when the timeout was `no_wait`. A blocking call inside a handler that runs on the
/// kernel's loop fails with errc::would_deadlock. A message that could not be sent stays with its sender.
class SPACEFRAME_API Socket
{
public:
    /// The name in the manifest.
    const std::string& name() const noexcept;
    /// The pattern in lower case: "router".
    std::string_view pattern() const noexcept;

    /// Binds, or begins to connect to, a further endpoint with the socket's options. Returns the endpoint as
    /// bound (port 0 resolved), or as given.
    std::string bind(std::string_view endpoint);
    std::string connect(std::string_view endpoint);
    std::string bind(std::string_view endpoint, error_code& error);
    std::string connect(std::string_view endpoint, error_code& error);
    /// The same with options that count for this endpoint alone, as in the block of a manifest's `bind` or
    /// `connect`, and win over the socket's:
    ///
    ///     router.connect("tcp://worker:5555", {{"connect_routing_id", "worker"}});
    ///     pull.bind("tcp://0.0.0.0:5556", {{"recv_hwm", 100}, {"backlog", 16}, {"heartbeat_ivl", 2s}});
    ///
    /// Which there are, with their ranges and defaults: docs/manifest.md, those that may stand at an
    /// endpoint; `spaceframe plugins --options` prints those of the transport and of the protocol. Left to
    /// the socket are `reconnect_ivl`, `reconnect_ivl_max`, `send_hwm_bytes`, and which protocol and policies
    /// are used. errc::invalid_argument for an option that is unknown, given twice, of a wrong value or not
    /// an endpoint's; the exception's text names each with what was found and what was expected, as for a
    /// manifest. Nothing was opened then.
    std::string bind(std::string_view endpoint, const std::vector<Option>& options);
    std::string connect(std::string_view endpoint, const std::vector<Option>& options);
    std::string bind(std::string_view endpoint, const std::vector<Option>& options, error_code& error);
    std::string connect(std::string_view endpoint, const std::vector<Option>& options, error_code& error);
    /// Takes over a connection that the host has made itself: that it dialled or accepted, got from
    /// socketpair(), from another process (SCM_RIGHTS) or from the service manager. The handshake begins as
    /// if we had dialled; both ends may be adopted. `transport` is the role that speaks on it, and `handle`
    /// what that transport documents: for "tcp" and "ipc" the file descriptor of a connected stream socket,
    /// which must not be in use elsewhere; for others what their plug-in gave the host.
    ///
    ///     const std::string name = dealer.adopt("tcp", static_cast<std::uintptr_t>(fd));
    ///     dealer.wait_for_endpoint(name);
    ///
    /// Returns a name of the kernel's, which events bear and wait_for_endpoint() knows: it waits for the
    /// handshake. From then on `handle` is the kernel's, which closes it in the end. When this fails,
    /// `handle` is still the caller's, open as before (options of the operating system's may have been set).
    ///
    /// Nothing heals: when the connection ends, or its handshake fails or takes too long, it is gone, events
    /// tell so (`disconnected` or `failed`, then `stopped`), and wait_for_endpoint() fails with the reason;
    /// of those that ended the last hundred are remembered. Its messages fare as those of an accepted peer
    /// (`on_peer_loss`). disconnect() with the name ends it. Waits for nobody: may be called in any handler.
    /// `options` are as for connect().
    ///
    /// errc::invalid_argument when there is no such transport, when `handle` is no connection of its kind
    /// (the text says what it is), or for an option that is wrong; errc::not_supported when the transport
    /// takes no connections over; errc::not_connected before Kernel::start().
    std::string adopt(std::string_view transport, std::uintptr_t handle,
                      const std::vector<Option>& options = {});
    std::string adopt(std::string_view transport, std::uintptr_t handle, error_code& error);
    std::string adopt(std::string_view transport, std::uintptr_t handle, const std::vector<Option>& options,
                      error_code& error);
    /// Listens no more at `endpoint`, as it was given or as it is bound; connections that it accepted stay.
    /// Of several that were given alike the last one is meant. errc::invalid_argument when there is none,
    /// errc::not_connected before the start, errc::terminated after closing, errc::no_memory. Whoever waits
    /// for an endpoint that is closed is told that there is none (errc::invalid_argument).
    /// Where a loop would have to be waited for and must not (errc::would_deadlock), nothing was changed.
    void unbind(std::string_view endpoint);
    void unbind(std::string_view endpoint, error_code& error);
    /// Dials `endpoint` no more and ends its connection, with the same errors. What was not written follows
    /// the socket's `on_peer_loss`, as when its policy gives up; flush() first where it shall go.
    void disconnect(std::string_view endpoint);
    void disconnect(std::string_view endpoint, error_code& error);
    /// Begins to end the connection of that peer, whichever side dialled; an endpoint of ours dials again, as
    /// its reconnect policy says. What was not written follows `on_peer_loss`. Returns at once; false when
    /// the peer has no connection (any more).
    bool disconnect(PeerId peer);
    /// The peers that there are: those that are connected, and those of endpoints that dial for which
    /// messages can wait; these stay when the socket is closed, with their last figures.
    std::vector<PeerInfo> peers() const;

    /// What is bound, in order, with wildcards resolved.
    std::vector<std::string> bound() const;
    /// The endpoint bound last (ZMQ_LAST_ENDPOINT); empty when none is.
    std::string last_endpoint() const;
    /// Waits until at least `count` peers have completed their handshake; false when `timeout` passed first,
    /// or the socket was closed. Throws errc::would_deadlock where it would have to wait and must not.
    bool wait_for_peers(std::size_t count, Timeout timeout = wait_forever);

    /// Waits until `endpoint`, as it was given or as it is bound, is ready: until it listens, or until it has
    /// a connection whose handshake is complete. False when `timeout` passed first. Fails with the reason for
    /// which that will never be: with the error of a bind, or the last one before the reconnect policy gave
    /// up; with errc::invalid_argument when neither the manifest nor the host has such an endpoint at this
    /// socket. Of several that were given alike, the last one counts. May begin before Kernel::start().
    bool wait_for_endpoint(std::string_view endpoint, Timeout timeout = wait_forever);
    bool wait_for_endpoint(std::string_view endpoint, Timeout timeout, error_code& error);

    /// SUB, XSUB: wants what begins with `topic`, or no more; the empty topic is everything. A topic ends
    /// when it was unsubscribed from as often as it was subscribed to. Peers are told, those that come later,
    /// too. What had arrived before is still received. XPUB with `xpub_manual`: subscribes the peer whose
    /// message was received last; errc::host_unreachable when it is gone. errc::not_supported otherwise.
    void subscribe(std::string_view topic);
    void subscribe(std::string_view topic, error_code& error);
    void unsubscribe(std::string_view topic);
    void unsubscribe(std::string_view topic, error_code& error);
    /// Distinct topics (ZMQ_TOPICS_COUNT): PUB and XPUB count those of their peers, SUB and XSUB their own.
    std::size_t topics_count() const;
    /// PUB, XPUB: waits until a message that begins with `topic` would go to at least `count` peers; false
    /// when `timeout` passed first, or the socket was closed. Throws errc::not_supported for other patterns,
    /// and errc::would_deadlock as wait_for_peers() does.
    bool wait_for_subscribers(std::string_view topic, std::size_t count, Timeout timeout = wait_forever);

    /// Sends one message. On success `message` is empty afterwards, on failure it is as before.
    void send(Message&& message);
    void send(Message&& message, error_code& error);
    void send(Message&& message, Timeout timeout, error_code& error);
    /// Sends a copy of `bytes`, or of `text`, as a message of one frame.
    void send(Bytes bytes);
    void send(Bytes bytes, error_code& error);
    void send(Bytes bytes, Timeout timeout, error_code& error);
    void send(std::string_view text);
    void send(std::string_view text, error_code& error);
    void send(std::string_view text, Timeout timeout, error_code& error);
    /// Sends a message with one frame for each text: `send({"topic", "body"})`.
    void send(std::initializer_list<detail::Text> texts);
    void send(std::initializer_list<detail::Text> texts, error_code& error);
    void send(std::initializer_list<detail::Text> texts, Timeout timeout, error_code& error);

    /// Sends messages in order. Returns how many were taken (a prefix): all of them, or those before the one
    /// that `error` is about. Taken messages are empty afterwards.
    std::size_t send_batch(std::span<Message> messages, error_code& error);
    std::size_t send_batch(std::span<Message> messages, Timeout timeout, error_code& error);
    std::size_t send_batch(std::span<Message> messages);
    /// The same with copies of bytes, one frame for each message.
    std::size_t send_batch(std::span<const Bytes> bodies, error_code& error);
    std::size_t send_batch(std::span<const Bytes> bodies, Timeout timeout, error_code& error);
    std::size_t send_batch(std::span<const Bytes> bodies);

    /// Receives one message, fairly from all peers.
    Message receive();
    Message receive(Timeout timeout);
    bool receive(Message& message, error_code& error);
    bool receive(Message& message, Timeout timeout, error_code& error);
    /// Waits for one message and then takes what else is there, up to `messages.size()`; what the objects
    /// held is released. Returns how many came; 0 only with an error.
    std::size_t receive_batch(std::span<Message> messages);
    std::size_t receive_batch(std::span<Message> messages, error_code& error);
    std::size_t receive_batch(std::span<Message> messages, Timeout timeout, error_code& error);

    /// With `on_peer_loss return`: waits, as receive() does, for a message that a lost peer has left
    /// unwritten, and takes it back, whole and as it was sent; of a ROUTER with the identity of the peer
    /// before it. They come in the order in which they were sent to that peer. One that came back is not sent
    /// again by itself. As long as they are here they hold their permits; where `send_hwm` times the most
    /// peers that the socket ever had at once are here already, those of the next lost peer are dropped
    /// (`dropped_unclaimed`). The end of the socket discards them. errc::not_supported for a socket with
    /// another `on_peer_loss`.
    Message receive_returned();
    bool receive_returned(Message& message, Timeout timeout, error_code& error);

    /// See Cork.
    Cork cork();
    /// Hands everything that waits to the transports, as far as peers have room for it, and waits until it
    /// was taken. errc::timed_out otherwise.
    void flush();
    void flush(Timeout timeout, error_code& error);

    /// Closes this socket alone, as Kernel::close() does with all: takes nothing new, stops listening, writes
    /// what is queued until `deadline` or the socket's `linger` has passed, and closes. May be called twice.
    /// Throws errc::would_deadlock on one of the kernel's loops.
    CloseReport close(Timeout deadline);

    /// A snapshot of the counters.
    Ledger ledger() const;
    BudgetState budget() const;

private:
    friend class Kernel;
    friend struct detail::SocketAccess;
    explicit Socket(std::shared_ptr<engine::Endpoints> endpoints);
    engine::SocketCore& core() const noexcept;
    std::shared_ptr<engine::Endpoints> endpoints_;
};

} // namespace spaceframe
