#include <spaceframe/error.hpp>

#include <string>

namespace spaceframe
{
namespace
{

// Boost's base has no virtual destructor, and nobody deletes a category through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class Category final : public boost::system::error_category
{
public:
    const char* name() const noexcept override
    {
        return "spaceframe";
    }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value))
        {
        case errc::would_block:
            return "the operation would have to wait";
        case errc::timed_out:
            return "the deadline passed";
        case errc::not_connected:
            return "the kernel was not started";
        case errc::poisoned:
            return "a write was torn in the middle of a message";
        case errc::too_large:
            return "a size exceeds its cap";
        case errc::terminated:
            return "the socket, or its kernel, was closed";
        case errc::forked:
            return "the kernel belongs to the parent process";
        case errc::would_deadlock:
            return "a blocking call was made on the thread that would have to complete it";
        case errc::incompatible_peer:
            return "the peer's pattern does not talk to ours";
        case errc::host_unreachable:
            return "no peer has that identity";
        case errc::not_supported:
            return "the pattern or the plug-in does not support the operation";
        case errc::invalid_argument:
            return "an argument is wrong";
        case errc::protocol_error:
            return "the peer broke the protocol";
        case errc::refused:
            return "the other side refused";
        case errc::connection_closed:
            return "the peer closed the connection";
        case errc::no_memory:
            return "there is no memory";
        case errc::plugin_failed:
            return "a plug-in failed";
        case errc::wrong_state:
            return "requests and replies alternate, and it is the other's turn";
        case errc::request_lost:
            return "the peer that had the request was lost";
        case errc::request_timed_out:
            return "no reply came in time";
        case errc::incompatible_boost:
            return "the host was compiled with another Boost than the library";
        case errc::no_room:
            return "there is no room for the message, and on_full refuses it";
        case errc::disconnected:
            return "the host ended the connection";
        }
        return "unknown error";
    }
};

#pragma GCC diagnostic pop

} // namespace

const boost::system::error_category& error_category() noexcept
{
    static const Category instance;
    return instance;
}

} // namespace spaceframe
