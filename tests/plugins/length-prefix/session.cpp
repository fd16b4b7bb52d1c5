#include "session.hpp"

#include "record.hpp"

#include <algorithm>

namespace spaceframe::length_prefix
{

Session::Session(plugin::Host host, const sf_session_config& config)
    : host_(host)
    , socket_type_(config.socket_type)
    , identity_(config.send_identity != 0 ? text_of(config.identity.data, config.identity.size)
                                          : std::string_view())
    , max_message_size_(config.max_message_size)
    , max_frames_(config.max_frames)
{}

plugin::Status Session::start(sf_time, sf_output& control) noexcept
{
    const char size = static_cast<char>(socket_type_.size());
    return append_control(control, {"H", {&size, 1}, socket_type_, identity_});
}

plugin::Status Session::decode(sf_decode& call)
{
    call.consumed = call.frame_count = call.need = 0;
    call.event = {};
    if (state_ == State::admitted)
    {
        state_ = State::active;
        call.event.kind = SF_EVENT_READY;
        return SF_OK;
    }
    while (call.frame_count < call.frame_capacity && call.event.kind == SF_EVENT_NONE)
    {
        if (state_ == State::authorising || state_ == State::refused)
        {
            return SF_OK;
        }
        const std::uint8_t* const record = call.data + call.consumed;
        const std::size_t left = call.length - call.consumed;
        if (left < header_size)
        {
            call.need = left > 0 ? header_size : 0;
            return SF_OK;
        }
        const std::uint32_t word = read_word(record);
        const std::size_t size = word & length_mask;
        plugin::Status status = check(word);
        if (status == SF_OK && left - header_size < size)
        {
            call.need = header_size + size;
            return SF_OK;
        }
        if (status == SF_OK && (word & control_bit) != 0)
        {
            status = on_control(record + header_size, size, call);
        }
        else if (status == SF_OK)
        {
            on_frame(record + header_size, size, (word & more_bit) != 0, call);
        }
        if (status != SF_OK)
        {
            // What came before is handed over first: the next call meets the same record.
            return call.consumed > 0 ? SF_OK : status;
        }
        call.consumed += header_size + size;
    }
    return SF_OK;
}

plugin::Status Session::check(std::uint32_t word) const noexcept
{
    const std::uint64_t size = word & length_mask;
    if ((word & control_bit) != 0)
    {
        if ((word & more_bit) != 0)
        {
            return host_.fail(SF_PROTOCOL, "a control record announces that more of it follows");
        }
        const std::uint64_t cap =
            state_ == State::hello ? control_cap : std::max<std::uint64_t>(control_cap, max_message_size_);
        return size <= cap ? SF_OK : host_.fail(SF_TOO_LARGE, "a control record exceeds its cap");
    }
    if (state_ == State::hello)
    {
        return host_.fail(SF_PROTOCOL, "the peer did not begin with a hello");
    }
    if (size > max_message_size_ - message_size_)
    {
        return host_.fail(SF_TOO_LARGE, "a message exceeds max_message_size");
    }
    return message_frames_ < max_frames_ ? SF_OK : host_.fail(SF_TOO_LARGE, "a message exceeds max_frames");
}

plugin::Status Session::on_control(const std::uint8_t* body, std::size_t size, sf_decode& call)
{
    const char kind = size > 0 ? static_cast<char>(body[0]) : '\0';
    if (state_ == State::hello && kind == 'H')
    {
        return on_hello(text_of(body + 1, size - 1), call);
    }
    if (kind == 'E')
    {
        reason_ = text_of(body + 1, size - 1);
        state_ = State::refused;
        call.event.kind = SF_EVENT_PEER_ERROR;
        call.event.reason = {reason_.data(), reason_.size()};
        return SF_OK;
    }
    if (state_ == State::active && message_frames_ == 0 && (kind == 'S' || kind == 'C'))
    {
        call.frames[call.frame_count++] = {call.owner, body + 1, size - 1,
                                           kind == 'S' ? SF_FRAME_SUBSCRIBE : SF_FRAME_CANCEL, 0};
        return SF_OK;
    }
    return host_.fail(SF_PROTOCOL, "a control record that does not belong here");
}

plugin::Status Session::on_hello(std::string_view body, sf_decode& call)
{
    const std::size_t type_size = body.empty() ? 0 : static_cast<std::uint8_t>(body[0]);
    if (body.empty() || body.size() - 1 < type_size || body.size() - 1 - type_size > 255)
    {
        return host_.fail(SF_PROTOCOL, "the peer's hello is malformed");
    }
    peer_type_ = body.substr(1, type_size);
    peer_identity_ = body.substr(1 + type_size);
    state_ = State::authorising;
    call.event.kind = SF_EVENT_AUTHORISE;
    call.event.socket_type = {peer_type_.data(), peer_type_.size()};
    call.event.identity = {reinterpret_cast<const std::uint8_t*>(peer_identity_.data()),
                           peer_identity_.size()};
    call.event.version = {"length-prefix 1", 15};
    return SF_OK;
}

void Session::on_frame(const std::uint8_t* body, std::size_t size, bool more, sf_decode& call) noexcept
{
    call.frames[call.frame_count++] = {call.owner, body, size, more ? std::uint32_t{SF_FRAME_MORE} : 0, 0};
    message_size_ = more ? message_size_ + size : 0;
    message_frames_ = more ? message_frames_ + 1 : 0;
}

plugin::Status Session::authorise(plugin::Status verdict, const char* reason, sf_output& control) noexcept
{
    state_ = verdict == SF_OK ? State::admitted : State::refused;
    return verdict == SF_OK
               ? SF_OK
               : append_control(control, {"E", std::string_view(reason).substr(0, control_cap - 1)});
}

} // namespace spaceframe::length_prefix
