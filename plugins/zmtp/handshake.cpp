#include "handshake.hpp"

#include "command.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "wire.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace spaceframe::zmtp
{

Handshake::Handshake(const sf_session_config& config)
    : dialled_(config.accepted == 0)
    , introduction_(make_introduction(config))
    , ready_(make_ready(config))
{}

Failure Handshake::start(sf_output& control)
{
    if (has_space(control))
    {
        write_greeting_opening(control);
    }
    return failure_;
}

Handshake::Step Handshake::advance(const std::uint8_t* data, std::size_t size, sf_output& control)
{
    Step step;
    if (state_ == State::greeting)
    {
        step.consumed = take_greeting(data, size, control);
    }
    if (state_ == State::introduction)
    {
        const Step introduction = take_introduction(data + step.consumed, size - step.consumed);
        step.consumed += introduction.consumed;
        step.need = introduction.need;
    }
    if (state_ == State::command)
    {
        const Step command = take_command(data + step.consumed, size - step.consumed);
        step.consumed += command.consumed;
        step.need = command.need;
    }
    return step;
}

std::size_t Handshake::take_greeting(const std::uint8_t* data, std::size_t size, sf_output& control)
{
    const std::size_t taken = greeting_.take(data, size);
    if (Failure wrong = greeting_.check())
    {
        fail(std::move(wrong));
        return taken;
    }
    if (greeting_.generation() == Generation::zmtp_2)
    {
        introduce(control);
        return taken;
    }
    if (greeting_.generation() == Generation::zmtp_3 && !rest_sent_ && has_space(control))
    {
        rest_sent_ = true;
        write_greeting_rest(control);
        if (dialled_)
        {
            append(control, ready_);
        }
    }
    if (greeting_.complete() && state_ == State::greeting)
    {
        state_ = State::command;
    }
    return taken;
}

void Handshake::introduce(sf_output& control)
{
    if (introduction_.empty())
    {
        fail(protocol_error(
            "the peer speaks ZMTP 2.0, which has no word for our pattern; at least 3.0 is needed "
            "(libzmq 4.0)"));
    }
    else if (has_space(control))
    {
        append(control, introduction_);
        state_ = State::introduction;
    }
}

Handshake::Step Handshake::take_introduction(const std::uint8_t* data, std::size_t size)
{
    IntroductionStep step = read_introduction(data, size, peer_);
    if (step.failure)
    {
        fail(std::move(step.failure));
    }
    else if (step.consumed != 0)
    {
        state_ = State::authorising;
    }
    return {step.consumed, step.need};
}

Handshake::Step Handshake::take_command(const std::uint8_t* data, std::size_t size)
{
    const FrameHeader header = read_header(data, size);
    if (header.state == FrameHeader::State::reserved)
    {
        fail(protocol_error("a frame of the peer's handshake has reserved flags set"));
        return {};
    }
    if (size != 0 && (header.flags & (flag_command | flag_more)) != flag_command)
    {
        fail(protocol_error("the peer sent a message, or a command in parts, before its READY command"));
        return {};
    }
    if (header.state == FrameHeader::State::partial)
    {
        return {0, header.length};
    }
    if (header.state == FrameHeader::State::oversized || header.size > command_max)
    {
        fail({SF_TOO_LARGE, "a command of the peer's handshake claims to have " +
                                std::to_string(header.size) + " bytes; at most " +
                                std::to_string(command_max) + " are allowed"});
        return {};
    }
    const std::size_t whole = header.length + static_cast<std::size_t>(header.size);
    if (size < whole)
    {
        return {0, whole};
    }
    handle_command({reinterpret_cast<const char*>(data) + header.length, whole - header.length});
    return {whole, 0};
}

void Handshake::handle_command(std::string_view body)
{
    const std::optional<Command> command = parse_command(body);
    if (!command)
    {
        fail(protocol_error("a command of the peer's handshake has a malformed name"));
    }
    else if (command->name == "READY")
    {
        Failure wrong = parse_metadata(command->data, peer_);
        if (wrong)
        {
            fail(std::move(wrong));
        }
        else
        {
            state_ = State::authorising;
        }
    }
    else if (command->name == "ERROR")
    {
        const std::optional<std::string_view> reason = parse_error(command->data);
        if (!reason)
        {
            fail(protocol_error("the peer's ERROR command is malformed"));
            return;
        }
        reason_ = *reason;
        state_ = State::peer_error;
    }
    else
    {
        fail(protocol_error("the peer sent the command '" + printable(command->name, 32) +
                            "' in its handshake, where READY or ERROR belongs"));
    }
}

void Handshake::authorise(bool admitted, std::string_view reason, sf_output& control)
{
    if (!has_space(control))
    {
        return;
    }
    const bool commands = version() != Version::zmtp_2_0;
    if (!admitted)
    {
        if (commands)
        {
            write_error(control, reason);
        }
        fail({SF_REFUSED, std::string(reason)});
        return;
    }
    if (!dialled_ && commands)
    {
        append(control, ready_);
    }
    state_ = State::admitted;
}

bool Handshake::has_space(const sf_output& control)
{
    const std::size_t most = greeting_size + std::max({ready_.size(), max_error_frame, introduction_max});
    if (space(control) < most)
    {
        fail({SF_INVALID,
              "the room for the handshake's bytes is too small: " + std::to_string(most) + " are needed"});
        return false;
    }
    return true;
}

void Handshake::fail(Failure failure)
{
    state_ = State::failed;
    failure_ = std::move(failure);
}

} // namespace spaceframe::zmtp
