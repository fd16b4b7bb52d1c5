// Endpoints that cannot be had.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

class Folder
{
public:
    Folder()
    {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const noexcept
    {
        return path_;
    }

private:
    std::string path_ = "/tmp/spaceframe-test-XXXXXX";
};

// What a process that was killed leaves behind.
void leave_stale_socket(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    CHECK(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    ::close(descriptor);
}

} // namespace

TEST_CASE("binding a port in use fails with an error that names the endpoint")
{
    const RawListener taken;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = socket_lines("pull", "pull")});
        Socket pull = kernel["pull"];
        CHECK_THROWS_WITH_AS(pull.bind(taken.endpoint()), doctest::Contains(taken.endpoint().c_str()),
                             boost::system::system_error);
        error_code error;
        CHECK(pull.bind(taken.endpoint(), error) == "");
        CHECK(error == error_code(EADDRINUSE, boost::system::system_category()));
        CHECK(pull.bound().empty());
        CHECK(pull.bind("tcp://127.0.0.1:*") != "");
    }
}

TEST_CASE("a kernel whose manifest binds a port in use does not start, and lets go of what it had bound")
{
    const RawListener taken;
    std::string free;
    {
        TestKernel finder({.sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        free = finder["pull"].last_endpoint();
    }
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        CheckedKernel kernel(manifest_of(
            {.threads = threads,
             .sockets = socket_lines("pull", "pull", "bind " + free + "\nbind " + taken.endpoint())}));
        CHECK_THROWS_WITH_AS(kernel.start(), doctest::Contains(taken.endpoint().c_str()),
                             boost::system::system_error);
        TestKernel other({.sockets = socket_lines("pull", "pull", "bind " + free)});
        CHECK(other["pull"].last_endpoint() == free);
    }
}

TEST_CASE("an endpoint that cannot be parsed is refused with a sentence")
{
    TestKernel kernel({.sockets = socket_lines("pull", "pull")});
    Socket pull = kernel["pull"];
    for (const char* endpoint : {"", "nonsense", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:port",
                                 "tcp://127.0.0.1:99999", "carrier-pigeon://loft", "ipc://"})
    {
        CAPTURE(endpoint);
        error_code error;
        pull.bind(endpoint, error);
        CHECK(error == errc::invalid_argument);
        pull.connect(endpoint, error);
        CHECK(error == errc::invalid_argument);
    }
}

TEST_CASE("a host name that leads nowhere fails with an event and is tried again")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = socket_lines("push", "push", "reconnect_ivl 5ms")});
        Socket push = kernel["push"];
        push.connect("tcp://no-such-host.invalid:5555");
        kernel.await(Event::Kind::failed, 2);
        kernel.await(Event::Kind::retrying, 2);
        for (const Happening& happening : kernel.happenings())
        {
            if (happening.kind == Event::Kind::failed)
            {
                CHECK(happening.endpoint == "tcp://no-such-host.invalid:5555");
                CHECK(happening.error);
                CHECK(happening.reason.find("no-such-host.invalid") != std::string::npos);
            }
        }
        CHECK(push.ledger().failures >= 2);
    }
}

TEST_CASE("a stale socket file is taken over, a live one left alone, and a path of 108 bytes explained")
{
    const Folder folder;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string path = folder.path() + "/socket" + std::to_string(threads);
        leave_stale_socket(path);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pull", "pull") + socket_lines("late", "pull") +
                                      socket_lines("push", "push", "connect ipc://" + path)});
        Socket pull = kernel["pull"];
        CHECK(pull.bind("ipc://" + path) == "ipc://" + path);
        error_code error;
        Socket late = kernel["late"];
        late.bind("ipc://" + path, error);
        CHECK(error == error_code(EADDRINUSE, boost::system::system_category()));
        Socket push = kernel["push"];
        must_send(push, Message("to the one that lives"));
        CHECK(text_of(must_receive(pull)) == "to the one that lives");

        const std::string stem = folder.path() + '/';
        CHECK_THROWS_WITH_AS(late.bind("ipc://" + stem + std::string(108 - stem.size(), 'p')),
                             doctest::Contains("108 bytes"), boost::system::system_error);
        CHECK(late.bind("ipc://" + stem + std::string(107 - stem.size(), 'p')) != "");
    }
}
