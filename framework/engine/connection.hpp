#pragma once

#include "engine/chunk.hpp"
#include "engine/duty.hpp"
#include "engine/loop_timer.hpp"
#include "engine/peer.hpp"
#include "engine/socket_core.hpp"
#include "engine/stack.hpp"
#include "engine/stream.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spaceframe::engine
{

/// A stream, the session that speaks on it and the wire window before it; lives on one loop from the moment
/// the stream exists until it is closed.
///
/// One thread at a time holds the right to write (`claim_write`); others append to the window, and the holder
/// sees what they appended. A write that fails, at whatever byte, ends the connection for good (PoisonGuard):
/// nothing is ever written behind half a message.
class Connection : public std::enable_shared_from_this<Connection>
{
public:
    /// Called once, on the loop, when everything is closed. `ready`: the handshake had been completed.
    using EndHandler =
        std::function<void(const std::shared_ptr<Connection>& self, const Failure& failure, bool ready)>;

    Connection(Loop& loop, std::shared_ptr<SocketCore> socket, std::shared_ptr<Stack> stack, StreamPtr stream,
               bool accepted, std::optional<pattern::PeerId> durable);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// [loop] Begins the handshake; one that cannot begin ends here.
    void start(EndHandler on_end) noexcept;
    /// The same in two steps, for a connection that others may close before it starts. Before anybody else
    /// knows of it: its stream, where it was made without one, and who is told of its end. [loop] Then: has
    /// no effect on one that was closed.
    void prepare(StreamPtr stream, EndHandler on_end) noexcept;
    void start() noexcept;
    /// [loop] Called when the handshake is complete.
    std::function<void()> on_ready;
    /// [loop] Ends the connection; what was not written is restored or counted.
    void close(Failure failure);
    /// [loop] The same, in a job of its own: also where an end was begun for which there was no memory.
    void close_finally(Failure failure);
    /// [any] The same, later.
    void post_close(Failure failure);
    /// [any] Reads on, later: the receive queue has room again.
    void post_resume();

    Loop& loop() noexcept
    {
        return loop_;
    }

    /// [any] What claim_write() said.
    void perform(Duty duty) noexcept;

    // ------------------------------------------------------------------ under the socket's lock

    Peer* peer() const noexcept
    {
        return peer_;
    }
    void set_peer(Peer* peer) noexcept
    {
        peer_ = peer;
        peer_id_ = peer != nullptr ? peer->id : peer_id_;
    }
    /// The peer's address, and our endpoint; constant while there is a peer.
    const std::string& peer_address() const noexcept
    {
        return peer_address_;
    }
    const std::string& endpoint() const noexcept
    {
        return stack_->endpoint;
    }
    /// Encodes what fits.
    Chunk::Taken append(std::span<const sf_frame> frames, std::span<const std::uint64_t> charges);
    /// Encodes one message of one frame if it is small and fits.
    bool append(const sf_frame& frame)
    {
        return filling_.append(protocol_, session_, frame);
    }
    bool append(const sf_frame& frame, std::uint64_t charge)
    {
        return filling_.append(protocol_, session_, frame, charge);
    }
    /// Encodes a subscription, or a cancellation. SF_WOULD_BLOCK when it has to wait.
    sf_status append_subscription(const sf_frame& frame)
    {
        return filling_.append_subscription(protocol_, session_, frame);
    }
    /// Where what is appended next begins.
    Chunk::Mark mark() const noexcept
    {
        return filling_.mark();
    }
    /// Takes over what was appended to `other` behind `since`. False when it has to be encoded for this
    /// connection.
    bool append_copy(const Connection& other, const Chunk::Mark& since,
                     std::span<const std::uint64_t> charges) noexcept
    {
        return encoding_key_ != 0 && encoding_key_ == other.encoding_key_ && &protocol_ == &other.protocol_ &&
               filling_.append_copy(other.filling_, since, charges);
    }
    /// True when the caller of claim_write(true) would write now: that may make room.
    bool may_write_here() const noexcept
    {
        return (parallel_ || loop_.running_here()) && !writing_ && !closing_ && !poisoned_;
    }
    /// Says who writes what was appended; the caller does what it is told after it released the lock.
    /// `urgent`: somebody waits for room.
    Duty claim_write(bool urgent);
    /// The same, where the loop shall write in a turn of its own.
    Duty claim_turn() noexcept;
    /// True while the transport is full.
    bool is_stuck() const noexcept
    {
        return blocked_;
    }
    /// The peer takes less than is to be sent: whoever claims next ends the connection.
    void condemn() noexcept
    {
        condemned_ = condemned_ == Condemned::no ? Condemned::yes : condemned_;
    }
    /// True once when it was condemned.
    bool claim_end() noexcept
    {
        const bool claimed = condemned_ == Condemned::yes;
        condemned_ = claimed ? Condemned::told : condemned_;
        return claimed;
    }
    /// [loop] So many frames may be handed over until a mark for receiving is reached.
    void set_room(std::size_t frames) noexcept
    {
        room_ = frames;
    }
    /// The peer answered: a request that follows need not be batched.
    void note_arrival() noexcept
    {
        inline_writes_ = 0;
    }
    /// Messages that were not written whole, in order. Returns how many; nothing where the protocol cannot
    /// tell.
    std::size_t recover(memory::FrameRing& frames) const;
    /// Their permits.
    std::uint64_t open_charge() const noexcept
    {
        return draining_.charge() + filling_.charge();
    }
    /// Owned by SocketCore: the connection is in its list of those with something to write.
    bool dirty = false;

private:
    template <class Function>
    void attempt(Function function) noexcept;
    void begin();
    void end_here(Failure failure) noexcept;
    static void on_readable(void* context, sf_status status);
    static void on_writable(void* context, sf_status status);
    void arm_read();
    void arm_write();
    void watch_for_stall() noexcept;
    void start_stall_timer(std::chrono::nanoseconds most);
    void check_for_stall(std::chrono::nanoseconds most);
    void resume();
    void note_pause() noexcept;
    void watch_for_hang_up() noexcept;
    void check_for_hang_up();
    bool read();
    std::span<std::uint8_t> prepare_read();
    void decode(std::size_t fresh);
    void keep_rest(std::uint8_t* data, std::size_t size);
    bool handle_event(const sf_event& event);
    void authorise(const sf_event& event);
    void take_frames(std::span<sf_frame> frames, sf_owner* owner);
    void send_control(const sf_output& control);
    void tick();
    void tick_at(Clock::time_point when);
    void write() noexcept;
    void write_rounds(const std::shared_ptr<Connection>& self);
    void give_up_writing() noexcept;
    void give_up() noexcept;
    void disconnect() noexcept;
    void wake() noexcept;
    void write_instead() noexcept;
    void post_turn();
    void write_turn();
    void pause_writing() noexcept;
    void post_finish();
    void begin_end(Failure failure) noexcept;
    void finish_unless_written() noexcept;
    void finish() noexcept;
    void fail(sf_status status);
    Event event(Event::Kind kind) const;
    std::string property(const char* name) const;

    Loop& loop_;
    std::shared_ptr<SocketCore> socket_;
    std::shared_ptr<Stack> stack_;
    const sf_transport& transport_;
    const sf_protocol& protocol_;
    StreamPtr stream_;
    sf_session* session_ = nullptr;
    const bool accepted_;
    const std::optional<pattern::PeerId> durable_;
    EndHandler on_end_;
    std::string peer_address_;
    std::string identity_;
    PeerId peer_id_; // also of one that is lost
    Failure failure_;
    bool parallel_ = false;
    bool ready_ = false;
    bool finished_ = false;

    // Reading: the loop's.
    std::shared_ptr<Connection> read_wait_; // keeps this alive while the transport waits
    memory::SlabRef rest_slab_;             // owner of the bytes that are not decoded yet
    std::uint8_t* rest_ = nullptr;
    std::size_t rest_size_ = 0;
    std::size_t need_ = 0; // bytes from rest_ that must be contiguous
    bool rest_is_large_ = false;
    std::size_t room_ = SIZE_MAX; // of the peer when it was last looked at; since then it can only have grown
    bool held_back_ = false;      // there may be frames in rest_ for which there was no room
    bool reading_paused_ = false;
    bool tick_due_ = false; // a tick came while reading was paused, when the peer's silence means nothing
    std::chrono::milliseconds hang_up_interval_{0}; // while reading is paused
    std::vector<sf_frame> partial_;                 // the beginning of a message whose end has not come
    std::optional<LoopTimer> tick_timer_;
    std::optional<LoopTimer> turn_timer_;
    std::optional<LoopTimer> hang_up_timer_;
    std::optional<LoopTimer>
        stall_timer_; // runs from the first time that the transport is full, now and then
    Clock::time_point blocked_since_{};
    static constexpr std::chrono::microseconds shortest_pause{10};
    std::chrono::microseconds pause_ = shortest_pause; // before the next turn
    unsigned seen_sender_writes_ = 0;

    // Writing: guarded by the socket's lock, except draining_, which belongs to the holder of the right.
    Peer* peer_ = nullptr;
    Chunk filling_;
    Chunk draining_;
    bool writing_ = false;           // somebody holds the right to write
    bool poisoned_ = false;          // a write ended nobody knows where
    std::uint64_t encoding_key_ = 0; // of the session, once it is ready
    bool blocked_ = false;           // he waits for the transport, on the loop
    bool write_posted_ = false;      // the loop will write
    bool warm_ = false;              // sends append and leave writing to the loop
    bool appended_ = false;          // something was, since the loop's last turn
    int inline_writes_ = 0;          // since the loop last heard of this connection
    std::atomic<unsigned> sender_writes_{0};
    enum class Condemned
    {
        no,
        yes,
        told
    } condemned_ = Condemned::no;
    bool closing_ = false;
    std::shared_ptr<Connection> write_wait_;
};

/// [loop] Where nobody up the stack uses the session: whatever `function` throws ends the connection.
template <class Function>
void Connection::attempt(Function function) noexcept
{
    try
    {
        function();
    }
    catch (const std::bad_alloc&)
    {
        end_here(out_of_memory());
    }
    catch (...)
    {
        stack_->reporter.kernel().report_escape(loop_.index());
        Failure failure;
        failure.status = SF_FAILED;
        failure.code = make_error_code(errc::plugin_failed);
        end_here(std::move(failure));
    }
}

} // namespace spaceframe::engine
