#include "session.hpp"

#include "metadata.hpp"

#include <string_view>

namespace spaceframe::zmtp
{

namespace
{

const sf_session_config& checked(const sf_session_config& config)
{
    const std::string_view type = config.socket_type;
    if (type.empty() || type.size() > 64)
    {
        throw plugin::Error(SF_INVALID, "the wire name of the pattern must have 1 to 64 characters, not " +
                                            std::to_string(type.size()));
    }
    if (config.identity.size > identity_max)
    {
        throw plugin::Error(SF_INVALID, "the identity must have at most 255 bytes, not " +
                                            std::to_string(config.identity.size));
    }
    return config;
}

} // namespace

Session::Session(plugin::Host host, const Settings& settings, const sf_session_config& config)
    : host_(host)
    , receiver_(settings, checked(config))
    , sender_(config.send_subscriptions != 0)
{}

plugin::Status Session::start(sf_time now, sf_output& control)
{
    return explained(receiver_.start(now, control));
}

plugin::Status Session::decode(sf_decode& call)
{
    const sf_status status = receiver_.decode(call);
    if (call.event.kind == SF_EVENT_READY)
    {
        sender_.set_version(receiver_.version());
    }
    return status == SF_OK ? SF_OK : explained(status);
}

plugin::Status Session::authorise(plugin::Status verdict, const char* reason, sf_output& control)
{
    return explained(receiver_.authorise(verdict, reason == nullptr ? "" : reason, control));
}

plugin::Status Session::tick(sf_time now, sf_output& control, sf_time& next)
{
    return explained(receiver_.tick(now, control, next));
}

plugin::Status Session::encode(sf_encode& call) noexcept
{
    const sf_status status = sender_.encode(call);
    if (status == SF_TOO_LARGE)
    {
        return host_.fail(status, "a message needs 4 GiB of encoded bytes or more: give its bodies an owner");
    }
    if (status == SF_INVALID)
    {
        return host_.fail(status, "the frames to encode end within a message");
    }
    return status;
}

plugin::Status Session::subscribe(sf_bytes topic, sf_output& output) noexcept
{
    return sender_.subscribe(topic, output);
}

plugin::Status Session::cancel(sf_bytes topic, sf_output& output) noexcept
{
    return sender_.cancel(topic, output);
}

plugin::Status Session::recover(sf_recover& call) noexcept
{
    const sf_status status = sender_.recover(call);
    return status == SF_OK ? SF_OK : host_.fail(status, "the bytes to recover are no whole messages");
}

plugin::Status Session::explained(plugin::Status status) const noexcept
{
    return status == SF_OK ? SF_OK : host_.fail(status, receiver_.failure().text);
}

} // namespace spaceframe::zmtp
