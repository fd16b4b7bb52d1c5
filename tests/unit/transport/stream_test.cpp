#include "transport_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace spaceframe::transport_test
{

namespace
{

std::string random_bytes(std::size_t size)
{
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 generator(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes)
    {
        byte = static_cast<char>(generator());
    }
    return bytes;
}

// Runs a test over each kind of connection, and checks that it leaves no descriptor behind.
template <class Test>
void over_each_kind(Test test)
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        test(host, kind);
        host.drain();
    }
}

} // namespace

TEST_CASE("bytes go both ways")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            CHECK(connection.dialled->write("ping") == 4);
            CHECK(connection.accepted->read_all(4) == "ping");
            CHECK(connection.accepted->write("pong!") == 5);
            CHECK(connection.dialled->read_all(5) == "pong!");
        });
}

TEST_CASE("a scatter list arrives in order, empty entries included")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            const std::string text = "abcdef";
            const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
            const sf_iov entries[] = {{data, 2, nullptr, 0, 0},
                                      {nullptr, 0, nullptr, 0, 0},
                                      {data + 2, 1, nullptr, 0, 0},
                                      {data + 3, 3, nullptr, 0, 0}};
            CHECK(connection.transport->stream_write(connection.dialled->handle(), entries, 4) == 6);
            CHECK(connection.accepted->read_all(6) == text);
        });
}

TEST_CASE("a scatter list longer than the system takes at once is taken in parts")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            const std::uint8_t byte = 'x';
            const std::vector<sf_iov> entries(3000, {&byte, 1, nullptr, 0, 0});
            const sf_result taken = connection.transport->stream_write(connection.dialled->handle(),
                                                                       entries.data(), entries.size());
            CHECK(taken > 0);
            CHECK(taken < 3000);
            CHECK(connection.accepted->read_all(static_cast<std::size_t>(taken)) ==
                  std::string(static_cast<std::size_t>(taken), 'x'));
        });
}

TEST_CASE("eight megabytes arrive unchanged through partial writes and waits")
{
    const std::string sent = random_bytes(8 << 20);
    over_each_kind(
        [&](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind, {{"sndbuf", "16KiB"}, {"rcvbuf", "16KiB"}});
            std::string received;
            std::size_t position = 0;
            int partial = 0;
            int blocked = 0;
            std::vector<char> buffer(1 << 16);
            while (received.size() < sent.size())
            {
                while (position < sent.size())
                {
                    const std::string_view rest = std::string_view(sent).substr(position);
                    const sf_result taken = connection.dialled->write(rest);
                    if (taken == -SF_WOULD_BLOCK)
                    {
                        ++blocked;
                        break;
                    }
                    REQUIRE(taken > 0);
                    partial += static_cast<std::size_t>(taken) < rest.size() ? 1 : 0;
                    position += static_cast<std::size_t>(taken);
                }
                REQUIRE(connection.accepted->run_until_ready(SF_READABLE));
                sf_result count = 0;
                while ((count = connection.accepted->read(buffer.data(), buffer.size())) > 0)
                {
                    received.append(buffer.data(), static_cast<std::size_t>(count));
                }
                REQUIRE(count == -SF_WOULD_BLOCK);
                if (position < sent.size())
                {
                    REQUIRE(connection.dialled->run_until_ready(SF_WRITABLE));
                }
            }
            CHECK(received == sent);
            CHECK(partial > 0);
            CHECK(blocked > 0);
        });
}

TEST_CASE("reading before anything arrives would block, and a wait calls back when it has")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            char byte = 0;
            CHECK(connection.accepted->read(&byte, 1) == -SF_WOULD_BLOCK);
            Outcome readable;
            connection.accepted->wait(SF_READABLE, readable);
            host.drain();
            CHECK(readable.calls == 0);
            CHECK(connection.dialled->write("x") == 1);
            CHECK(host.run_until(
                [&]
                {
                    return readable.calls == 1;
                }));
            CHECK(readable.status == SF_OK);
            CHECK(connection.accepted->read(&byte, 1) == 1);
        });
}

TEST_CASE("both directions can be waited for at once")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            Outcome readable;
            Outcome writable;
            connection.accepted->wait(SF_READABLE, readable);
            connection.accepted->wait(SF_WRITABLE, writable);
            CHECK(host.run_until(
                [&]
                {
                    return writable.calls == 1;
                }));
            CHECK(readable.calls == 0);
            connection.accepted->close();
            host.drain();
            CHECK(readable.calls == 1);
            CHECK(readable.status == SF_CANCELLED);
        });
}

TEST_CASE("an orderly end is told from a failure, after the last byte")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            CHECK(connection.dialled->write("last") == 4);
            connection.dialled->close();
            CHECK(connection.accepted->read_all(4) == "last");
            char byte = 0;
            REQUIRE(connection.accepted->run_until_ready(SF_READABLE));
            CHECK(connection.accepted->read(&byte, 1) == -SF_CLOSED);
        });
}

TEST_CASE("writing to a peer that is gone is an error that names the peer, and no signal")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            const std::string peer = connection.accepted->property("peer");
            connection.dialled->close();
            sf_result result = 0;
            while ((result = connection.accepted->write("x")) >= 0)
            {
                REQUIRE(connection.accepted->run_until_ready(SF_READABLE));
            }
            CHECK(result == -SF_SYSTEM);
            CHECK(host.last_error().status == SF_SYSTEM);
            CHECK((host.last_error().os_error == EPIPE || host.last_error().os_error == ECONNRESET));
            CHECK(host.last_error().text.starts_with("writing to " + peer + " failed: "));
        });
}

TEST_CASE("closing a stream completes its waits once, later, as cancelled")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            Outcome readable;
            connection.accepted->wait(SF_READABLE, readable);
            connection.accepted->close();
            CHECK(readable.calls == 0);
            host.drain();
            CHECK(readable.calls == 1);
            CHECK(readable.status == SF_CANCELLED);
        });
}

TEST_CASE("a stream may be closed without ever being attached")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Transport transport(host, kind.role);
            Listening listening(transport, kind.bind);
            Dialing dialing(transport, listening.address());
            REQUIRE(dialing.finish());
            CHECK(dialing.outcome.status == SF_OK);
        });
}

TEST_CASE("one thread reads a stream while another writes it")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            constexpr std::size_t size = 1 << 20;
            const auto write_all = [](Stream& stream)
            {
                const std::string bytes(size, 'w');
                for (std::size_t sent = 0; sent != size;)
                {
                    const sf_result taken = stream.write(std::string_view(bytes).substr(sent));
                    if (taken < 0)
                    {
                        REQUIRE(taken == -SF_WOULD_BLOCK);
                        std::this_thread::yield();
                        continue;
                    }
                    sent += static_cast<std::size_t>(taken);
                }
            };
            std::thread here(write_all, std::ref(*connection.dialled));
            std::thread there(write_all, std::ref(*connection.accepted));
            CHECK(connection.dialled->read_all(size).size() == size);
            CHECK(connection.accepted->read_all(size).size() == size);
            here.join();
            there.join();
        });
}

TEST_CASE("no descriptor is inherited by other programs")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            const std::vector<int> before = open_descriptors();
            Connection connection(host, kind);
            int made = 0;
            for (const int fd : open_descriptors())
            {
                if (std::find(before.begin(), before.end(), fd) == before.end())
                {
                    CAPTURE(fd);
                    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
                    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
                    ++made;
                }
            }
            CHECK(made == 3);
        });
}

TEST_CASE("streams read and write in parallel and carry bytes")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            CHECK(connection.transport->stream_flags(connection.dialled->handle()) == SF_STREAM_PARALLEL);
        });
}

TEST_CASE("properties name both ends")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            const std::string address = connection.listening.address();
            CHECK(connection.dialled->property("peer") == address);
            CHECK(connection.accepted->property("local") == address);
            CHECK(connection.dialled->property("nonsense") == "(none)");
            const bool local = kind.role.name == std::string_view("ipc");
            const std::string pid = std::to_string(::getpid());
            for (Stream* const end : {connection.dialled.get(), connection.accepted.get()})
            {
                CHECK(end->property("uid") == (local ? std::to_string(::getuid()) : "(none)"));
                CHECK(end->property("gid") == (local ? std::to_string(::getgid()) : "(none)"));
                CHECK(end->property("pid") == (local ? pid : "(none)"));
            }
            CHECK(connection.accepted->property("peer") ==
                  (local ? "pid:" + pid : connection.dialled->property("local")));
        });
}

TEST_CASE("a stream whose peer has closed says so, and how much is still to be read")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            Stream& left = *connection.accepted;
            REQUIRE(connection.dialled->write("hello") == 5);
            REQUIRE(left.run_until_ready(SF_READABLE));
            CHECK(left.property("hung-up") == "(none)");
            connection.dialled->close();
            while (left.property("hung-up") == "(none)")
            {
                std::this_thread::yield();
            }
            CHECK(left.property("hung-up") == "5");
            CHECK(left.read_all(3) == "hel");
            CHECK(left.property("hung-up") == "2");
            CHECK(left.read_all(2) == "lo");
            CHECK(left.property("hung-up") == "0");
        });
}

TEST_CASE("a property that does not fit is refused, not cut")
{
    over_each_kind(
        [](FakeHost& host, const Kind& kind)
        {
            Connection connection(host, kind);
            char small[3] = {};
            CHECK(connection.transport->stream_property(connection.dialled->handle(), "peer", small,
                                                        sizeof small) == -SF_TOO_LARGE);
        });
}

} // namespace spaceframe::transport_test
