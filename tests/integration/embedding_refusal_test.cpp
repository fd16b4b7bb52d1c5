// What a kernel on contexts of its host refuses: calls that would wait, another Boost, threads.
#include "hosted.hpp"

#include <spaceframe/manifest_builder.hpp>

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("calls that wait say would_deadlock on a thread that runs a context, those that need not wait work")
{
    asio::io_context context;
    std::string bound;
    Kernel* here = nullptr;
    bool bound_in_hook = false;
    CheckedKernel kernel(context, hosted(push_and_pull() + socket_lines("pub", "pub")),
                         quiet(
                             [&](const Event& event)
                             {
                                 if (event.kind == Event::Kind::ready && !std::exchange(bound_in_hook, true))
                                 {
                                     here->socket("pull").bind("tcp://127.0.0.1:*");
                                 }
                             }));
    here = &kernel;
    bool done = false;
    asio::post(context,
               [&]
               {
                   kernel.start();
                   Socket push = kernel.socket("push");
                   Socket pull = kernel.socket("pull");
                   Message message;
                   error_code error;
                   pull.receive(message, limit, error);
                   CHECK(error == errc::would_deadlock);
                   pull.receive(message, no_wait, error);
                   CHECK(error == errc::would_block);
                   CHECK(code_of(
                             [&]
                             {
                                 pull.wait_for_peers(1, limit);
                             }) == errc::would_deadlock);
                   CHECK_FALSE(pull.wait_for_peers(1, no_wait));
                   CHECK(pull.wait_for_peers(0, limit));
                   CHECK(code_of(
                             [&]
                             {
                                 kernel.run_for(limit);
                             }) == errc::would_deadlock);
                   CHECK(code_of(
                             [&]
                             {
                                 kernel.run();
                             }) == errc::would_deadlock);
                   kernel.run_for(0s);
                   kernel.stop();
                   kernel.run();
                   Socket pub = kernel.socket("pub");
                   CHECK(code_of(
                             [&]
                             {
                                 pub.wait_for_subscribers("", 1, limit);
                             }) == errc::would_deadlock);
                   CHECK_FALSE(pub.wait_for_subscribers("", 1, no_wait));
                   CHECK(pub.wait_for_subscribers("", 0, limit));
                   CHECK_THROWS_AS(kernel.close(limit), boost::system::system_error);
                   CHECK_THROWS_AS(pull.close(limit), boost::system::system_error);
                   push.connect(pull.last_endpoint());
                   push.send("x");
                   push.flush(limit, error);
                   CHECK(error == errc::would_deadlock);
                   done = true;
               });
    context.run_one();
    REQUIRE(done);
    auto message = begin_receive(context, kernel.socket("pull"));
    drive(context,
          [&]
          {
              return is_over(message) && bound_in_hook;
          });
    CHECK(message.get().text == "x");
    CHECK(kernel.socket("pull").bound().size() == 2);
}

TEST_CASE("a host that was compiled with another Boost is refused, and told so")
{
    asio::io_context context;
    const auto refusal = [&](const std::function<void(detail::Layout&)>& doctor)
    {
        Contexts contexts(context);
        doctor(contexts.layout);
        try
        {
            const CheckedKernel kernel(contexts, hosted(push_and_pull()), quiet());
        }
        catch (const boost::system::system_error& error)
        {
            CHECK(error.code() == errc::incompatible_boost);
            return std::string(error.what());
        }
        return std::string("it was not refused");
    };
    const std::string version = refusal(
        [](detail::Layout& layout)
        {
            layout.boost_version = 106'501;
        });
    CAPTURE(version);
    CHECK(version.find("Boost 1.65.1") != std::string::npos);
    CHECK(version.find("libspaceframe with Boost " + std::to_string(BOOST_VERSION / 100'000) + "." +
                       std::to_string(BOOST_VERSION / 100 % 1'000)) != std::string::npos);
    CHECK(version.find("compile both with the same") != std::string::npos);
    const std::string macros = refusal(
        [](detail::Layout& layout)
        {
            layout.macros ^= detail::Layout::disable_threads;
        });
    CAPTURE(macros);
    CHECK(macros.find("BOOST_ASIO_DISABLE_THREADS") != std::string::npos);
    CHECK(refusal(
              [](detail::Layout& layout)
              {
                  layout.executor_size += 8;
              })
              .find("bytes") != std::string::npos);
    const std::string stale = refusal(
        [](detail::Layout& layout)
        {
            layout.macros &= 0xffffU;
        });
    CAPTURE(stale);
    CHECK(stale.find("revision 0") != std::string::npos);
    CHECK(stale.find("compile it again") != std::string::npos);
}

TEST_CASE("a manifest that gives threads is refused on a host's context")
{
    asio::io_context context;
    try
    {
        const CheckedKernel kernel(context, manifest_of({.threads = 0, .sockets = push_and_pull()}), quiet());
        FAIL("it was not refused");
    }
    catch (const boost::system::system_error& error)
    {
        CHECK(error.code() == errc::invalid_argument);
        CHECK(std::string(error.what()).find("kernel.threads") != std::string::npos);
    }
    ManifestBuilder builder;
    builder.threads(0);
    try
    {
        const Kernel kernel(context, builder.build(), quiet());
        FAIL("it was not refused");
    }
    catch (const boost::system::system_error& error)
    {
        const std::string text = error.what();
        CAPTURE(text);
        CHECK(text.starts_with("kernel.threads: "));
        CHECK(text.find("remove the key, or the call of threads()") != std::string::npos);
    }
}

TEST_CASE("a kernel that cannot start opens nothing on the host's context")
{
    asio::io_context context;
    const RawListener taken;
    CheckedKernel kernel(
        context, hosted(socket_lines("pull", "pull", "bind tcp://127.0.0.1:*\nbind " + taken.endpoint())),
        quiet());
    CHECK_THROWS_AS(kernel.start(), boost::system::system_error);
    CHECK(context.run_for(limit) < 100);
    CHECK(context.stopped());
}
