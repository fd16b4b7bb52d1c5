#include "engine/failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

struct Noted
{
    sf_status status = SF_OK;
    int os_error = 0;
    std::string text;
};

Noted& noted() noexcept
{
    thread_local Noted instance;
    return instance;
}

// Says what the plug-in said, which has the system's own text in it already.
class Told final : public boost::system::system_error
{
public:
    Told(const error_code& code, const std::string& text) : system_error(code, text), text_(text)
    {}
    const char* what() const noexcept override
    {
        return text_.c_str();
    }

private:
    std::string text_;
};

// The statuses by which plug-ins tell errors of the system apart.
bool comes_from_the_system(sf_status status) noexcept
{
    return status == SF_SYSTEM || status == SF_NOT_FOUND || status == SF_REFUSED || status == SF_TIMED_OUT ||
           status == SF_NO_MEMORY;
}

} // namespace

void note_failure(sf_status status, int os_error, const char* text) noexcept
{
    Noted& note = noted();
    note.status = status;
    note.os_error = os_error;
    try
    {
        note.text = text == nullptr ? "" : text;
    }
    catch (...)
    {
        note.text.clear();
    }
}

error_code to_error_code(sf_status status, int os_error) noexcept
{
    if (os_error != 0 && comes_from_the_system(status))
    {
        return {os_error, boost::system::system_category()};
    }
    switch (status)
    {
    case SF_OK:
        return {};
    case SF_WOULD_BLOCK:
        return errc::would_block;
    case SF_CLOSED:
        return errc::connection_closed;
    case SF_CANCELLED:
        return boost::asio::error::operation_aborted;
    case SF_UNSUPPORTED:
        return errc::not_supported;
    case SF_INVALID:
    case SF_NOT_FOUND:
        return errc::invalid_argument;
    case SF_NO_MEMORY:
        return errc::no_memory;
    case SF_PROTOCOL:
        return errc::protocol_error;
    case SF_TOO_LARGE:
        return errc::too_large;
    case SF_REFUSED:
        return errc::refused;
    case SF_TIMED_OUT:
        return errc::timed_out;
    default:
        return errc::plugin_failed;
    }
}

Failure take_failure(sf_status status) noexcept
{
    Noted note = std::exchange(noted(), {});
    Failure failure;
    failure.status = status;
    if (note.status == status)
    {
        failure.os_error = note.os_error;
        failure.text = std::move(note.text);
    }
    failure.code = to_error_code(status, failure.os_error);
    if (failure.text.empty())
    {
        try
        {
            failure.text = failure.code.message();
        }
        catch (const std::bad_alloc&)
        {
            // The code says it, too.
            return failure;
        }
    }
    return failure;
}

void throw_failure(sf_status status, const std::string& where)
{
    const Failure failure = take_failure(status);
    const std::string text = where + ": " + failure.text;
    if (failure.text.find(failure.code.message()) != std::string::npos)
    {
        throw Told(failure.code, text + " [" + failure.code.to_string() + "]");
    }
    throw boost::system::system_error(failure.code, text);
}

Failure make_failure(sf_status status, errc code, std::string text)
{
    return {status, 0, code, std::move(text)};
}

Failure out_of_memory() noexcept
{
    Failure failure;
    failure.status = SF_NO_MEMORY;
    failure.code = make_error_code(errc::no_memory);
    return failure;
}

} // namespace spaceframe::engine
