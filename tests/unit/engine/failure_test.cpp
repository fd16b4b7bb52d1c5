#include "engine/failure.hpp"
#include "engine/poison_guard.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

using namespace spaceframe;
using namespace spaceframe::engine;

TEST_CASE("each status of a plug-in has a code of ours")
{
    CHECK_FALSE(to_error_code(SF_OK, 0));
    CHECK(to_error_code(SF_WOULD_BLOCK, 0) == errc::would_block);
    CHECK(to_error_code(SF_CLOSED, 0) == errc::connection_closed);
    CHECK(to_error_code(SF_CANCELLED, 0) == boost::asio::error::operation_aborted);
    CHECK(to_error_code(SF_UNSUPPORTED, 0) == errc::not_supported);
    CHECK(to_error_code(SF_INVALID, 0) == errc::invalid_argument);
    CHECK(to_error_code(SF_NOT_FOUND, 0) == errc::invalid_argument);
    CHECK(to_error_code(SF_NO_MEMORY, 0) == errc::no_memory);
    CHECK(to_error_code(SF_PROTOCOL, 0) == errc::protocol_error);
    CHECK(to_error_code(SF_TOO_LARGE, 0) == errc::too_large);
    CHECK(to_error_code(SF_REFUSED, 0) == errc::refused);
    CHECK(to_error_code(SF_TIMED_OUT, 0) == errc::timed_out);
    CHECK(to_error_code(SF_FAILED, 0) == errc::plugin_failed);
    CHECK(to_error_code(9999, 0) == errc::plugin_failed);
}

TEST_CASE("the operating system's code is kept")
{
    for (const sf_status status : {SF_SYSTEM, SF_NOT_FOUND, SF_REFUSED, SF_TIMED_OUT, SF_NO_MEMORY})
    {
        CAPTURE(status);
        const error_code code = to_error_code(status, ECONNREFUSED);
        CHECK(code.value() == ECONNREFUSED);
        CHECK(code.category() == boost::system::system_category());
    }
    CHECK_FALSE(to_error_code(SF_OK, EAGAIN));
    CHECK(to_error_code(SF_WOULD_BLOCK, EAGAIN) == errc::would_block);
    CHECK(to_error_code(SF_SYSTEM, 0) == errc::plugin_failed);
}

TEST_CASE("what a plug-in noted belongs to one failure")
{
    note_failure(SF_SYSTEM, ECONNRESET, "the peer vanished");
    const Failure failure = take_failure(SF_SYSTEM);
    CHECK(failure.status == SF_SYSTEM);
    CHECK(failure.os_error == ECONNRESET);
    CHECK(failure.text == "the peer vanished");
    CHECK(failure.code.value() == ECONNRESET);

    const Failure next = take_failure(SF_SYSTEM);
    CHECK(next.os_error == 0);
    CHECK(next.text != "the peer vanished");
    CHECK_FALSE(next.text.empty());
}

TEST_CASE("a note about another status is not believed")
{
    note_failure(SF_PROTOCOL, 5, "bad frame");
    const Failure failure = take_failure(SF_TIMED_OUT);
    CHECK(failure.os_error == 0);
    CHECK(failure.text != "bad frame");
    CHECK(failure.code == errc::timed_out);
}

TEST_CASE("a note belongs to the thread that made it")
{
    note_failure(SF_PROTOCOL, 1, "mine");
    std::thread(
        []
        {
            CHECK(take_failure(SF_PROTOCOL).text != "mine");
        })
        .join();
    CHECK(take_failure(SF_PROTOCOL).text == "mine");
}

TEST_CASE("a note without a text is a note")
{
    note_failure(SF_SYSTEM, EPIPE, nullptr);
    const Failure failure = take_failure(SF_SYSTEM);
    CHECK(failure.os_error == EPIPE);
    CHECK_FALSE(failure.text.empty());
}

TEST_CASE("a failure that is thrown says what the code means, and says it once")
{
    const auto thrown = [](sf_status status, int os_error, const char* text)
    {
        note_failure(status, os_error, text);
        try
        {
            throw_failure(status, "m.info:3: a");
        }
        catch (const boost::system::system_error& error)
        {
            CHECK(error.code() == to_error_code(status, os_error));
            return std::string(error.what());
        }
    };
    CHECK(thrown(SF_SYSTEM, EADDRINUSE, "cannot listen: Address already in use; stop it") ==
          "m.info:3: a: cannot listen: Address already in use; stop it [system:98]");
    CHECK(thrown(SF_SYSTEM, EADDRINUSE, "cannot listen").find("Address already in use") != std::string::npos);
    const std::string meaning = error_code(errc::invalid_argument).message();
    CHECK(thrown(SF_INVALID, 0, nullptr).starts_with("m.info:3: a: " + meaning + " ["));
}

TEST_CASE("a write that ends in any way but a known one poisons")
{
    bool poisoned = false;
    {
        PoisonGuard guard(poisoned);
        CHECK(poisoned);
        guard.disarm();
    }
    CHECK_FALSE(poisoned);
    try
    {
        const PoisonGuard guard(poisoned);
        throw std::runtime_error("torn");
    }
    catch (const std::runtime_error&)
    {}
    CHECK(poisoned);
}
