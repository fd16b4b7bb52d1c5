#include "engine/connection.hpp"

#include "engine/frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

// With so many bytes in the window a sender writes for itself.
constexpr std::size_t write_from = memory::slab_size / 4;
// Between turns of the loop that find new messages.
constexpr std::chrono::microseconds longest_pause{100};

std::uint64_t now() noexcept
{
    return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
}

} // namespace

Connection::Connection(Loop& loop, std::shared_ptr<SocketCore> socket, std::shared_ptr<Stack> stack,
                       StreamPtr stream, bool accepted, std::optional<pattern::PeerId> durable)
    : loop_(loop)
    , socket_(std::move(socket))
    , stack_(std::move(stack))
    , transport_(stack_->transport)
    , protocol_(stack_->protocol)
    , stream_(std::move(stream))
    , accepted_(accepted)
    , durable_(durable)
{}

Connection::~Connection()
{
    release_frames(partial_);
}

/// What the transport says of the stream; empty when it does not say.
std::string Connection::property(const char* name) const
{
    std::array<char, 256> buffer{};
    const sf_result size = transport_.stream_property(stream_.get(), name, buffer.data(), buffer.size());
    return size > 0 ? std::string(buffer.data()) : std::string();
}

Event Connection::event(Event::Kind kind) const
{
    Event event = stack_->reporter.event(kind, stack_->endpoint, loop_.index());
    event.peer = peer_address_;
    event.identity = identity_;
    event.peer_id = peer_id_;
    return event;
}

void Connection::start(EndHandler on_end) noexcept
{
    on_end_ = std::move(on_end);
    start();
}

void Connection::prepare(StreamPtr stream, EndHandler on_end) noexcept
{
    stream_ = std::move(stream);
    on_end_ = std::move(on_end);
}

void Connection::start() noexcept
{
    if (closing_)
    {
        return;
    }
    attempt(
        [this]
        {
            begin();
        });
}

void Connection::begin()
{
    if (const sf_status status = transport_.stream_attach(stream_.get(), &loop_); status != SF_OK)
    {
        fail(status);
        return;
    }
    parallel_ = (transport_.stream_flags(stream_.get()) & SF_STREAM_PARALLEL) != 0;
    peer_address_ = property("peer");
    stack_->reporter.report(event(accepted_ ? Event::Kind::accepted : Event::Kind::connected));

    const manifest::Settings& settings = stack_->description.settings;
    const std::string wire_name(socket_->row().wire_name);
    sf_session_config config{};
    config.size = sizeof(config);
    config.accepted = accepted_ ? 1 : 0;
    config.socket_type = wire_name.c_str();
    config.identity = {reinterpret_cast<const std::uint8_t*>(settings.identity.data()),
                       settings.identity.size()};
    config.max_message_size = settings.max_message_size == 0 ? UINT64_MAX : settings.max_message_size;
    config.max_frames = static_cast<std::uint32_t>(settings.max_frames);
    config.send_identity = socket_->row().sends_identity ? 1 : 0;
    config.send_subscriptions = socket_->row().sends_subscriptions ? 1 : 0;
    std::array<std::uint8_t, SF_CONTROL_CAPACITY> buffer;
    sf_output control{buffer.data(), buffer.size(), 0};
    sf_status status = protocol_.session_open(stack_->protocol_instance, &config, &session_);
    if (status == SF_OK)
    {
        status = protocol_.start(session_, now(), &control);
    }
    if (status != SF_OK)
    {
        fail(status);
        return;
    }
    send_control(control);
    if (!closing_)
    {
        tick();
    }
    if (!closing_)
    {
        read();
    }
}

void Connection::tick()
{
    std::array<std::uint8_t, SF_CONTROL_CAPACITY> buffer;
    sf_output control{buffer.data(), buffer.size(), 0};
    sf_time next = SF_NEVER;
    const std::uint64_t time = now();
    const sf_status status = protocol_.tick(session_, time, &control, &next);
    send_control(control);
    if (closing_)
    {
        return;
    }
    if (status != SF_OK)
    {
        fail(status);
        return;
    }
    if (next == SF_NEVER)
    {
        tick_timer_.reset();
        return;
    }
    tick_at(Clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(next))));
}

void Connection::tick_at(Clock::time_point when)
{
    if (!tick_timer_)
    {
        tick_timer_.emplace(loop_);
    }
    tick_timer_->start(when,
                       [weak = weak_from_this()](const error_code& error)
                       {
                           const auto self = weak.lock();
                           if (error || !self || self->closing_)
                           {
                               return;
                           }
                           if (self->reading_paused_)
                           {
                               self->tick_due_ = true;
                               return;
                           }
                           self->attempt(
                               [&]
                               {
                                   self->tick();
                               });
                       });
}

/// What the protocol answers may have set it a new limit: it is asked for that, but not before all that has
/// come was read.
void Connection::send_control(const sf_output& control)
{
    if (control.length == 0)
    {
        return;
    }
    sf_status status = SF_OK;
    bool claimed = false;
    {
        const std::lock_guard guard(socket_->lock());
        status = filling_.append_control({control.data, control.length});
        claimed = status == SF_OK && !writing_ && !closing_ && !poisoned_;
        writing_ = writing_ || claimed;
    }
    if (status == SF_NO_MEMORY)
    {
        throw std::bad_alloc();
    }
    if (status != SF_OK)
    {
        close(make_failure(SF_TOO_LARGE, errc::too_large,
                           "the peer asks for more answers than it reads: its window is full"));
    }
    if (claimed)
    {
        write();
    }
    if (!closing_)
    {
        tick_at(Clock::now());
    }
}

Chunk::Taken Connection::append(std::span<const sf_frame> frames, std::span<const std::uint64_t> charges)
{
    return filling_.append(protocol_, session_, frames, charges);
}

std::size_t Connection::recover(memory::FrameRing& frames) const
{
    std::size_t messages = 0;
    for (const Chunk* chunk : {&draining_, &filling_})
    {
        sf_status status = SF_OK;
        messages += chunk->recover(protocol_, session_, frames, status);
        if (status != SF_OK)
        {
            break;
        }
    }
    return messages;
}

Duty Connection::claim_write(bool urgent)
{
    appended_ = true;
    if (writing_ || closing_ || poisoned_)
    {
        return Duty::none;
    }
    const manifest::Flush flush = socket_->description().settings.flush;
    const bool worth_it = urgent || flush == manifest::Flush::immediate || filling_.size() >= write_from;
    if (warm_ && write_posted_ && !worth_it)
    {
        return Duty::none;
    }
    if (loop_.running_here())
    {
        // What a loop sends in one turn may be more than there is room for.
        writing_ = urgent;
        return urgent ? Duty::write : claim_turn();
    }
    const bool callers_drive = socket_->driver().callers_drive();
    if (!parallel_)
    {
        const Duty duty = claim_turn();
        return duty == Duty::none && callers_drive ? Duty::drive : duty;
    }
    const bool cold = !warm_ && !write_posted_ && inline_writes_ == 0;
    if (callers_drive || worth_it || (flush == manifest::Flush::automatic && cold))
    {
        ++inline_writes_;
        sender_writes_.fetch_add(1, std::memory_order_relaxed);
        writing_ = true;
        return Duty::write;
    }
    warm_ = true;
    return claim_turn();
}

Duty Connection::claim_turn() noexcept
{
    if (writing_ || closing_ || poisoned_ || write_posted_)
    {
        return Duty::none;
    }
    write_posted_ = true;
    return Duty::wake;
}

void Connection::perform(Duty duty) noexcept
{
    if (duty == Duty::write)
    {
        write();
    }
    else if (duty == Duty::wake)
    {
        wake();
    }
    else if (duty == Duty::disconnect)
    {
        disconnect();
    }
    if (duty == Duty::drive || (duty == Duty::wake && !parallel_))
    {
        socket_->driver().poll();
    }
}

void Connection::disconnect() noexcept
{
    try
    {
        post_close(make_failure(SF_REFUSED, errc::no_room,
                                "it is full, and on_full says that it is disconnected then"));
    }
    catch (const std::bad_alloc&)
    {
        // Whoever finds the peer full next tries again.
        const std::lock_guard guard(socket_->lock());
        condemned_ = Condemned::no;
    }
}

void Connection::wake() noexcept
{
    try
    {
        post_turn();
    }
    catch (const std::bad_alloc&)
    {
        write_instead();
    }
}

/// Without memory to tell the loop whoever is here does its work, if he may; else the next send tells it.
void Connection::write_instead() noexcept
{
    bool claimed = false;
    {
        const std::lock_guard guard(socket_->lock());
        write_posted_ = false;
        claimed = (parallel_ || loop_.running_here()) && !writing_ && !closing_ && !poisoned_;
        writing_ = writing_ || claimed;
    }
    if (claimed)
    {
        write();
    }
}

void Connection::post_turn()
{
    loop_.post(
        [self = shared_from_this()]
        {
            self->write_turn();
        });
}

void Connection::write_turn()
{
    // A sender who writes for himself is left alone, lock and all: he or a later turn takes the rest along.
    const unsigned sender_writes = sender_writes_.load(std::memory_order_relaxed);
    const bool sender_is_busy = std::exchange(seen_sender_writes_, sender_writes) != sender_writes;
    if (sender_is_busy && pause_ > shortest_pause)
    {
        pause_writing();
        return;
    }
    {
        const std::lock_guard guard(socket_->lock());
        write_posted_ = false;
        if (writing_ || closing_ || poisoned_)
        {
            return;
        }
        writing_ = true;
    }
    write();
    {
        const std::lock_guard guard(socket_->lock());
        if (!warm_ || write_posted_ || writing_ || closing_)
        {
            return;
        }
        if (!std::exchange(appended_, false))
        {
            warm_ = false;
            inline_writes_ = 0;
            pause_ = shortest_pause;
            return;
        }
        write_posted_ = true;
    }
    pause_writing();
}

/// The next turn is after a pause, a longer one each time: a sender that goes on and on needs the loop less
/// and less, and each turn costs him the processor or the lock.
void Connection::pause_writing() noexcept
{
    const auto end = Clock::now() + pause_;
    pause_ = std::min(2 * pause_, longest_pause);
    try
    {
        if (!turn_timer_)
        {
            turn_timer_.emplace(loop_);
        }
        turn_timer_->start(end,
                           [weak = weak_from_this()](const error_code& error)
                           {
                               const auto self = weak.lock();
                               if (!error && self)
                               {
                                   self->write_turn();
                               }
                           });
    }
    catch (const std::bad_alloc&)
    {
        write_instead();
    }
}

} // namespace spaceframe::engine
