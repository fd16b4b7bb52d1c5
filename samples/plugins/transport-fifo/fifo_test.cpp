#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "fifo_transport.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/transport_driver.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::TransportDriver;

namespace
{

constexpr sf_role role = spaceframe::plugin::transport_role<fifo::FifoTransport, fifo::fifo_options>("", "");

// A folder of its own with nothing in it, at the end too.
class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "fifo-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder()
    {
        CHECK(std::filesystem::is_empty(path_));
        std::filesystem::remove_all(path_);
    }

    std::string operator/(const char* name) const
    {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

// A pipe end of somebody who does not use the transport.
class RawPipe
{
public:
    RawPipe(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC))
    {
        REQUIRE(fd_ >= 0);
    }

    RawPipe(const RawPipe&) = delete;
    RawPipe& operator=(const RawPipe&) = delete;

    ~RawPipe()
    {
        ::close(fd_);
    }

    void write(const std::string& bytes) const
    {
        REQUIRE(::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }

private:
    int fd_;
};

} // namespace

TEST_CASE("bytes go both ways, and no name is left once both have met")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    CHECK(transport.address() == folder / "a");
    auto dialled = transport.dial(folder / "a");
    auto accepted = transport.accept();
    dialled.write("to the listener");
    CHECK(accepted.read(15) == "to the listener");
    accepted.write("and back");
    CHECK(dialled.read(8) == "and back");
    CHECK(accepted.property("uid") == std::to_string(::getuid()));
    CHECK_FALSE(accepted.property("peer").empty());
    CHECK(accepted.property("colour").empty());
    transport.close_listener();
    CHECK(std::filesystem::is_empty(folder / ""));
    dialled.write("the listener is not needed any more");
    CHECK(accepted.read(35).size() == 35);
}

TEST_CASE("connections to one listener do not mix")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    auto first = transport.dial(folder / "a");
    auto first_peer = transport.accept();
    auto second = transport.dial(folder / "a");
    auto second_peer = transport.accept();
    first.write("1");
    second.write("2");
    CHECK(second_peer.read(1) == "2");
    CHECK(first_peer.read(1) == "1");
}

TEST_CASE("a full pipe takes no more, and says when it does again")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role, {{"capacity", "4KiB"}});
    transport.listen(folder / "a");
    auto dialled = transport.dial(folder / "a");
    auto accepted = transport.accept();
    const std::string block(3000, 'x');
    std::size_t written = 0;
    for (sf_result taken = 0; taken >= 0; taken = dialled.try_write(block))
    {
        written += static_cast<std::size_t>(taken);
        REQUIRE(written < 1'000'000);
    }
    CHECK(written >= 3000);
    CHECK(written <= 4096);
    const auto writable = dialled.begin_wait(SF_WRITABLE);
    host.drain();
    CHECK(*writable == SF_WOULD_BLOCK);
    CHECK(accepted.read(written).size() == written);
    CHECK(host.run_until(
        [&]
        {
            return *writable == SF_OK;
        }));
}

TEST_CASE("what was written before the end is read before it, and writing to one who has gone kills nobody")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    auto dialled = transport.dial(folder / "a");
    auto accepted = transport.accept();
    dialled.write("farewell");
    dialled.close();
    CHECK(accepted.try_write("nobody reads this") > 0);
    CHECK(accepted.read(100) == "farewell");
    std::uint8_t byte = 0;
    CHECK(accepted.try_read(&byte, 1) == -SF_CLOSED);
}

TEST_CASE("closing a stream completes its waits once, as cancelled")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    auto dialled = transport.dial(folder / "a");
    auto accepted = transport.accept();
    const auto readable = accepted.begin_wait(SF_READABLE);
    accepted.close();
    CHECK(*readable == SF_CANCELLED);
}

TEST_CASE("where nobody listens a dial is refused, and leaves nothing behind")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    CHECK(transport.try_dial(folder / "nobody") == SF_NOT_FOUND);
    CHECK(std::filesystem::is_empty(folder / ""));
    REQUIRE(::mkfifo((folder / "left").c_str(), 0600) == 0);
    CHECK(transport.try_dial(folder / "left") == SF_REFUSED);
    CHECK(host.last_error().text.find("nobody listens on " + (folder / "left")) != std::string::npos);
    REQUIRE(::unlink((folder / "left").c_str()) == 0);
}

TEST_CASE("a dial that is cancelled says so, and the listener goes on")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    CHECK(transport.try_dial(folder / "a", true) == SF_CANCELLED);
    auto dialled = transport.dial(folder / "a");
    dialled.write("x");
    host.drain();
}

TEST_CASE("a listener that does not answer is given up")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role, {{"connect_timeout", "1ms"}});
    REQUIRE(::mkfifo((folder / "hung").c_str(), 0600) == 0);
    {
        const RawPipe hung(folder / "hung", O_RDWR);
        CHECK(transport.try_dial(folder / "hung") == SF_TIMED_OUT);
    }
    REQUIRE(::unlink((folder / "hung").c_str()) == 0);
}

TEST_CASE("a path has one listener at a time, and a pipe that was left behind is taken over")
{
    const Folder folder;
    FakeHost host;
    TransportDriver first(host, role);
    TransportDriver second(host, role);
    REQUIRE(::mkfifo((folder / "a").c_str(), 0600) == 0);
    first.listen(folder / "a");
    CHECK(second.try_listen(folder / "a") == SF_SYSTEM);
    CHECK(host.last_error().text.find("another process listens there") != std::string::npos);
    first.close_listener();
    CHECK(second.try_listen(folder / "a") == SF_OK);
}

TEST_CASE("a file that is no named pipe is left alone")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    const std::string file = folder / "file";
    ::close(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK(transport.try_listen(file) == SF_INVALID);
    CHECK(transport.try_dial(file) == SF_INVALID);
    CHECK(std::filesystem::is_regular_file(file));
    REQUIRE(::unlink(file.c_str()) == 0);
}

TEST_CASE("what somebody else writes to the listener's pipe is ignored")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    const RawPipe stranger(folder / "a", O_WRONLY);
    stranger.write(std::string(sizeof(fifo::Record), '/'));
    stranger.write("half a record");
    host.run_one();
    CHECK(transport.failures() == 0);
    REQUIRE(host.log_lines().size() == 1);
    CHECK(host.log_lines()[0].level == SF_LOG_WARNING);
    auto dialled = transport.dial(folder / "a");
    auto accepted = transport.accept();
    dialled.write("x");
    CHECK(accepted.read(1) == "x");
}

TEST_CASE("what a process left behind that was killed while it called is removed")
{
    const Folder folder;
    FakeHost host;
    TransportDriver transport(host, role);
    transport.listen(folder / "a");
    REQUIRE(::mkfifo(fifo::up_path(folder / "a", "7-1").c_str(), 0600) == 0);
    REQUIRE(::mkfifo(fifo::down_path(folder / "a", "7-1").c_str(), 0600) == 0);
    const fifo::Record record = fifo::make_record("7-1");
    const RawPipe killed(folder / "a", O_WRONLY);
    killed.write({reinterpret_cast<const char*>(&record), sizeof record});
    auto accepted = transport.accept();
    CHECK(accepted.read(1).empty());
}

TEST_CASE("an address is a path to a file")
{
    FakeHost host;
    TransportDriver transport(host, role);
    CHECK(transport.check_address("/run/a", true) == SF_OK);
    CHECK(transport.check_address("", true) == SF_INVALID);
    CHECK(transport.check_address("/run/", false) == SF_INVALID);
    CHECK(transport.check_address(std::string(5000, 'a'), true) == SF_INVALID);
}

TEST_CASE("no descriptor is left open")
{
    const Folder folder;
    const auto open_now = []
    {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    const auto before = open_now();
    {
        FakeHost host;
        TransportDriver transport(host, role);
        transport.listen(folder / "a");
        auto dialled = transport.dial(folder / "a");
        auto accepted = transport.accept();
        transport.try_dial(folder / "a", true);
        transport.try_dial(folder / "nobody");
    }
    CHECK(open_now() == before);
}
