#include "receiver.hpp"

#include "output.hpp"
#include "printable.hpp"

#include <algorithm>
#include <utility>

namespace spaceframe::zmtp
{

namespace
{

sf_text text_of(std::string_view text) noexcept
{
    return {text.data(), text.size()};
}

sf_bytes bytes_of(std::string_view bytes) noexcept
{
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// Room for a topic of `max` bytes behind the name SUBSCRIBE.
std::uint64_t subscription_max(std::uint64_t max) noexcept
{
    constexpr std::uint64_t name = 10;
    return std::max<std::uint64_t>(command_max, max > UINT64_MAX - name ? UINT64_MAX : max + name);
}

} // namespace

Receiver::Receiver(const Settings& settings, const sf_session_config& config)
    : settings_(settings)
    , heartbeat_(settings)
    , decoder_(config.max_message_size, config.max_frames, false)
    , max_message_size_(config.max_message_size)
    , max_frames_(config.max_frames)
    , handshake_(std::make_unique<Handshake>(config))
{}

sf_status Receiver::start(sf_time now, sf_output& control)
{
    if (settings_.handshake_ivl != 0 && settings_.handshake_ivl < SF_NEVER - now)
    {
        handshake_deadline_ = now + settings_.handshake_ivl;
    }
    failure_ = handshake_->start(control);
    return failure_.status;
}

sf_status Receiver::decode(sf_decode& call)
{
    call.consumed = 0;
    call.frame_count = 0;
    call.need = 0;
    call.event = {};
    if (failure_)
    {
        return failure_.status;
    }
    if (handshake_)
    {
        decode_handshake(call);
    }
    else
    {
        if (call.length > seen_)
        {
            heartbeat_.heard(call.now);
        }
        decode_traffic(call);
    }
    seen_ = call.length - call.consumed;
    // What came before a mistake is delivered first; the next call reports the mistake.
    const bool progress = call.frame_count != 0 || call.event.kind != SF_EVENT_NONE;
    return progress ? SF_OK : failure_.status;
}

void Receiver::decode_handshake(sf_decode& call)
{
    const Handshake::State before = handshake_->state();
    const Handshake::Step step = handshake_->advance(call.data, call.length, call.control);
    call.consumed = step.consumed;
    call.need = step.need;
    switch (handshake_->state())
    {
    case Handshake::State::greeting:
    case Handshake::State::introduction:
    case Handshake::State::command:
        return;
    case Handshake::State::authorising:
        if (before != Handshake::State::authorising)
        {
            version_ = handshake_->version();
            call.event.kind = SF_EVENT_AUTHORISE;
            call.event.socket_type = text_of(handshake_->peer().socket_type);
            call.event.identity = bytes_of(handshake_->peer().identity);
            call.event.version = text_of(name_of(version_));
        }
        return;
    case Handshake::State::admitted:
        become_active(call);
        return;
    case Handshake::State::peer_error:
        report_peer_error(call, handshake_->reason());
        return;
    case Handshake::State::failed:
        failure_ = handshake_->failure();
        return;
    }
}

void Receiver::become_active(sf_decode& call)
{
    const std::string& type = handshake_->peer().socket_type;
    from_subscriber_ = type == "SUB" || type == "XSUB";
    decoder_ = FrameDecoder(max_message_size_, max_frames_, from_subscriber_);
    handshake_.reset();
    handshake_deadline_ = SF_NEVER;
    heartbeat_.start(call.now, version_ == Version::zmtp_3_1);
    call.event.kind = SF_EVENT_READY;
}

void Receiver::report_peer_error(sf_decode& call, std::string_view reason)
{
    // In an ERROR command 255 bytes are the most.
    peer_reason_ = reason.empty() ? "it gave no reason" : printable(reason, short_body_max);
    call.event.kind = SF_EVENT_PEER_ERROR;
    call.event.reason = text_of(peer_reason_);
    fail(SF_REFUSED, "the peer ended the session: " + peer_reason_);
}

void Receiver::decode_traffic(sf_decode& call)
{
    FrameDecoder::Cursor cursor{
        call.data, call.data + call.length, call.frames, call.frames + call.frame_capacity, call.owner, 0,
        {}};
    FrameDecoder::Stop stop = decoder_.decode(cursor);
    while (stop == FrameDecoder::Stop::command && take_command(call, cursor))
    {
        stop = decoder_.decode(cursor);
    }
    if (stop != FrameDecoder::Stop::command)
    {
        explain(stop, cursor.header);
    }
    call.consumed = static_cast<std::size_t>(cursor.position - call.data);
    call.frame_count = static_cast<std::size_t>(cursor.frame - call.frames);
    call.need = cursor.need;
}

// False when the decoder must stop here: not all is there, there is no room, or the session ended.
bool Receiver::take_command(sf_decode& call, FrameDecoder::Cursor& cursor)
{
    const FrameHeader& header = cursor.header;
    if (version_ == Version::zmtp_2_0)
    {
        explain(FrameDecoder::Stop::reserved, header);
        return false;
    }
    if ((header.flags & flag_more) != 0)
    {
        fail(SF_PROTOCOL, "the peer sent a command in parts; a command is one frame");
        return false;
    }
    const std::uint64_t most = from_subscriber_ ? subscription_max(max_message_size_) : command_max;
    if (header.size > most)
    {
        fail(SF_TOO_LARGE, "the peer sent a command of " + std::to_string(header.size) + " bytes; at most " +
                               std::to_string(most) + " are allowed");
        return false;
    }
    const std::size_t whole = header.length + static_cast<std::size_t>(header.size);
    if (static_cast<std::size_t>(cursor.end - cursor.position) < whole)
    {
        cursor.need = whole;
        return false;
    }
    const std::optional<Command> command = parse_command(
        {reinterpret_cast<const char*>(cursor.position) + header.length, whole - header.length});
    if (!command)
    {
        fail(SF_PROTOCOL, "the peer sent a command with a malformed name");
        return false;
    }
    const bool goes_on = handle_command(call, cursor, *command);
    if (goes_on || call.event.kind != SF_EVENT_NONE)
    {
        cursor.position += whole;
    }
    return goes_on;
}

// False leaves the command where it is.
bool Receiver::handle_command(sf_decode& call, FrameDecoder::Cursor& cursor, const Command& command)
{
    if (command.name == "PING")
    {
        const std::optional<Ping> ping = parse_ping(command.data);
        if (!ping)
        {
            fail(SF_PROTOCOL, "the peer sent a PING command with " + std::to_string(command.data.size()) +
                                  " bytes of data; 2 to 18 are allowed");
            return false;
        }
        if (space(call.control) < max_pong_frame)
        {
            return false;
        }
        heartbeat_.asked(ping->ttl);
        write_pong(call.control, ping->context);
        return true;
    }
    if (command.name == "SUBSCRIBE")
    {
        return handle_subscription(cursor, command, SF_FRAME_SUBSCRIBE);
    }
    if (command.name == "CANCEL")
    {
        return handle_subscription(cursor, command, SF_FRAME_CANCEL);
    }
    if (command.name == "ERROR")
    {
        report_peer_error(call, parse_error(command.data).value_or(""));
        return false;
    }
    return true;
}

bool Receiver::handle_subscription(FrameDecoder::Cursor& cursor, const Command& command, std::uint32_t flag)
{
    if (!from_subscriber_)
    {
        return true;
    }
    if (decoder_.inside_message())
    {
        fail(SF_PROTOCOL, "the peer sent a subscription between two frames of a message");
        return false;
    }
    if (command.data.size() > max_message_size_)
    {
        fail(SF_TOO_LARGE, "the peer subscribed to a topic of " + std::to_string(command.data.size()) +
                               " bytes; max_message_size allows " + std::to_string(max_message_size_));
        return false;
    }
    if (cursor.frame == cursor.frames_end)
    {
        return false;
    }
    *cursor.frame++ = {cursor.owner, reinterpret_cast<const std::uint8_t*>(command.data.data()),
                       command.data.size(), flag, 0};
    return true;
}

void Receiver::explain(FrameDecoder::Stop stop, const FrameHeader& header)
{
    switch (stop)
    {
    case FrameDecoder::Stop::starved:
    case FrameDecoder::Stop::full:
    case FrameDecoder::Stop::command:
        return;
    case FrameDecoder::Stop::reserved:
        fail(SF_PROTOCOL, "the peer sent a frame with flags that " + std::string(name_of(version_)) +
                              " reserves (" + std::to_string(header.flags) +
                              "); the stream is out of step, or it is no ZMTP");
        return;
    case FrameDecoder::Stop::oversized:
        if (header.size > body_max)
        {
            fail(SF_PROTOCOL, "the peer sent a frame that claims to have " + std::to_string(header.size) +
                                  " bytes; ZMTP allows less than 2^63");
            return;
        }
        fail(SF_TOO_LARGE, "the peer sent a frame of " + std::to_string(header.size) +
                               " bytes, with which its message exceeds max_message_size (" +
                               std::to_string(max_message_size_) + " bytes)");
        return;
    case FrameDecoder::Stop::too_many:
        fail(SF_TOO_LARGE,
             "the peer sent a message of more than max_frames (" + std::to_string(max_frames_) + ") frames");
        return;
    }
}

sf_status Receiver::authorise(sf_status verdict, std::string_view reason, sf_output& control)
{
    if (failure_)
    {
        return failure_.status;
    }
    if (!handshake_ || handshake_->state() != Handshake::State::authorising)
    {
        fail(SF_INVALID, "a verdict was given, but the session has not asked for one");
        return failure_.status;
    }
    handshake_->authorise(verdict == SF_OK, reason, control);
    if (handshake_->state() == Handshake::State::failed)
    {
        failure_ = handshake_->failure();
    }
    return failure_.status == SF_REFUSED ? SF_OK : failure_.status;
}

sf_status Receiver::tick(sf_time now, sf_output& control, sf_time& next)
{
    next = SF_NEVER;
    if (failure_)
    {
        return failure_.status;
    }
    if (handshake_)
    {
        next = handshake_deadline_;
        if (now >= handshake_deadline_)
        {
            fail(SF_TIMED_OUT, "the handshake was not complete within handshake_ivl (" +
                                   std::to_string(settings_.handshake_ivl / 1'000'000) + " ms)");
        }
        return failure_.status;
    }
    for (Heartbeat::Action action = heartbeat_.tick(now); action != Heartbeat::Action::none;
         action = heartbeat_.tick(now))
    {
        if (action == Heartbeat::Action::silence)
        {
            fail(SF_TIMED_OUT, "the peer sent nothing within the time that heartbeats allow");
            return failure_.status;
        }
        if (space(control) < max_pong_frame)
        {
            fail(SF_INVALID, "the room for a PING command is too small");
            return failure_.status;
        }
        write_ping(control, heartbeat_.ttl());
    }
    next = heartbeat_.next();
    return SF_OK;
}

void Receiver::fail(sf_status status, std::string text)
{
    failure_ = {status, std::move(text)};
}

} // namespace spaceframe::zmtp
