#include "tcp_options.hpp"
#include "tcp_transport.hpp"
#include "transport_fixture.hpp"

#include <spaceframe/plugin/posix/descriptor.hpp>

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace spaceframe::transport_test
{

namespace
{

// A socket that was prepared and configured with these options.
class Configured
{
public:
    explicit Configured(std::initializer_list<OptionValues::Setting> settings)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const OptionValues values(tcp_role, settings);
        const tcp::TcpSockets sockets(plugin::Options(tcp::tcp_options, values.data(), values.size()));
        sockets.prepare(socket_.get());
        sockets.configure(socket_.get());
    }

    int get(int level, int option) const
    {
        int value = -1;
        socklen_t length = sizeof value;
        REQUIRE(::getsockopt(socket_.get(), level, option, &value, &length) == 0);
        return value;
    }

private:
    plugin::posix::Descriptor socket_;
};

} // namespace

TEST_CASE("by default Nagle is off and all else is the system's choice")
{
    const plugin::posix::Descriptor plain(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int send_buffer = 0;
    socklen_t length = sizeof send_buffer;
    REQUIRE(::getsockopt(plain.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, &length) == 0);
    const Configured socket({});
    CHECK(socket.get(IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(socket.get(SOL_SOCKET, SO_KEEPALIVE) == 0);
    CHECK(socket.get(SOL_SOCKET, SO_SNDBUF) == send_buffer);
}

TEST_CASE("tcp_nodelay off leaves Nagle on")
{
    CHECK(Configured({{"tcp_nodelay", "off"}}).get(IPPROTO_TCP, TCP_NODELAY) == 0);
}

TEST_CASE("buffers take the sizes asked for")
{
    const Configured socket({{"sndbuf", "32KiB"}, {"rcvbuf", "48KiB"}});
    // Linux doubles what it is asked for, to account for its own overhead: socket(7).
    CHECK(socket.get(SOL_SOCKET, SO_SNDBUF) == 2 * 32 * 1024);
    CHECK(socket.get(SOL_SOCKET, SO_RCVBUF) == 2 * 48 * 1024);
}

TEST_CASE("keepalive takes its three figures, in seconds rounded up")
{
    const Configured socket({{"tcp_keepalive", "on"},
                             {"tcp_keepalive_idle", "30s"},
                             {"tcp_keepalive_cnt", "4"},
                             {"tcp_keepalive_intvl", "1500ms"}});
    CHECK(socket.get(SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(socket.get(IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(socket.get(IPPROTO_TCP, TCP_KEEPCNT) == 4);
    CHECK(socket.get(IPPROTO_TCP, TCP_KEEPINTVL) == 2);
}

TEST_CASE("keepalive on without figures leaves them to the system")
{
    const Configured plain({});
    const Configured socket({{"tcp_keepalive", "on"}});
    CHECK(socket.get(SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(socket.get(IPPROTO_TCP, TCP_KEEPIDLE) == plain.get(IPPROTO_TCP, TCP_KEEPIDLE));
}

TEST_CASE("keepalive off is set as such")
{
    CHECK(Configured({{"tcp_keepalive", "off"}}).get(SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("a value that the system refuses is an error that names the option")
{
    FakeHost host;
    Transport transport(host, tcp_role, {{"tcp_keepalive", "on"}, {"tcp_keepalive_cnt", "9999"}});
    Listening listening(transport, "127.0.0.1:0");
    Dialing dialing(transport, listening.address());
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_SYSTEM);
    CHECK(dialing.outcome.error.text ==
          "the option tcp_keepalive_cnt cannot be set to 9999: Invalid argument");
    REQUIRE(host.run_until(
        [&]
        {
            return !listening.failures.empty();
        }));
    CHECK(listening.failures[0].text == dialing.outcome.error.text);
    CHECK(listening.streams.empty());
}

} // namespace spaceframe::transport_test
