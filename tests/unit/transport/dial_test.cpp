#include "transport_fixture.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/descriptor.hpp>
#include <spaceframe/plugin/posix/socket_dial.hpp>

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace spaceframe::transport_test
{

using plugin::posix::Descriptor;
using plugin::testing::Clock;

namespace
{

// A tcp listener whose queue is full: a connection to it makes no progress.
class FullListener
{
public:
    FullListener()
    {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) == 0);
        REQUIRE(::listen(listener_.get(), 0) == 0);
        address_ = plugin::posix::local_address(listener_.get());
        text_ = plugin::posix::text_of(address_);
        for (int i = 0; i != 4; ++i)
        {
            Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            static_cast<void>(::connect(socket.get(), plugin::posix::as_sockaddr(address_), address_.length));
            waiting_.push_back(std::move(socket));
        }
    }

    const std::string& address() const
    {
        return text_;
    }

    const sf_address& socket_address() const
    {
        return address_;
    }

    std::string port() const
    {
        return text_.substr(text_.rfind(':'));
    }

    // From now on connections to it make progress.
    void make_room()
    {
        REQUIRE(::listen(listener_.get(), 16) == 0);
    }

private:
    Descriptor listener_;
    std::vector<Descriptor> waiting_;
    sf_address address_{};
    std::string text_;
};

} // namespace

TEST_CASE("a dial to where nobody listens is reported once, with the address and what to do")
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        Transport transport(host, kind.role);
        Dialing dialing(transport, kind.nobody);
        REQUIRE(dialing.started == SF_OK);
        REQUIRE(dialing.finish());
        host.drain();
        CHECK(dialing.outcome.calls == 1);
        const bool file = kind.nobody.starts_with('/');
        CHECK(dialing.outcome.status == (file ? SF_NOT_FOUND : SF_REFUSED));
        CHECK(dialing.outcome.error.status == dialing.outcome.status);
        CHECK(dialing.outcome.error.os_error == (file ? ENOENT : ECONNREFUSED));
        CHECK(
            dialing.outcome.error.text ==
            "cannot connect to " + kind.nobody +
                (file ? ": No such file or directory; nothing of that name is there (yet): start the other "
                        "side, "
                        "or correct the path"
                      : ": Connection refused; nothing listens there (yet): start the other side, or correct "
                        "the address"));
    }
}

TEST_CASE("a dial that is cancelled at once calls back once, later, as cancelled")
{
    const TemporaryFolder folder;
    for (const Kind& kind : kinds(folder))
    {
        CAPTURE(kind.name);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        Transport transport(host, kind.role);
        Listening listening(transport, kind.bind);
        Dialing dialing(transport, listening.address());
        dialing.cancel();
        CHECK(dialing.outcome.calls == 0);
        host.drain();
        CHECK(dialing.outcome.calls == 1);
        CHECK(dialing.outcome.status == SF_CANCELLED);
    }
}

TEST_CASE("a dial that is under way can be cancelled")
{
    const FullListener full;
    const NoDescriptorLeaks leaks;
    FakeHost host(Clock::manual);
    Transport transport(host, tcp_role, {{"connect_timeout", "5s"}});
    Dialing dialing(transport, full.address());
    host.drain();
    REQUIRE(dialing.outcome.calls == 0);
    dialing.cancel();
    CHECK(dialing.outcome.calls == 0);
    host.drain();
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_CANCELLED);
}

TEST_CASE("connect_timeout ends a dial that makes no progress, and not earlier")
{
    const FullListener full;
    const NoDescriptorLeaks leaks;
    FakeHost host(Clock::manual);
    Transport transport(host, tcp_role, {{"connect_timeout", "5s"}});
    Dialing dialing(transport, full.address());
    host.drain();
    host.advance(std::chrono::milliseconds(4999));
    host.drain();
    REQUIRE(dialing.outcome.calls == 0);
    host.advance(std::chrono::milliseconds(1));
    host.drain();
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_TIMED_OUT);
    CHECK(dialing.outcome.error.os_error == ETIMEDOUT);
    CHECK(dialing.outcome.error.text.starts_with("cannot connect to " + full.address() +
                                                 ": Connection timed out; check the address"));
}

TEST_CASE("connect_timeout ends a dial to a name whose addresses make no progress, however many they are")
{
    const FullListener full;
    const NoDescriptorLeaks leaks;
    FakeHost host(Clock::manual);
    host.define_name("three.test", {"127.0.0.1", "127.0.0.1", "127.0.0.1"});
    Transport transport(host, tcp_role, {{"connect_timeout", "3s"}});
    Dialing dialing(transport, "three.test" + full.port());
    host.drain();
    for (int address = 0; address != 3; ++address)
    {
        CAPTURE(address);
        host.advance(std::chrono::milliseconds(999));
        host.drain();
        REQUIRE(dialing.outcome.calls == 0);
        host.advance(std::chrono::milliseconds(1));
        host.drain();
    }
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_TIMED_OUT);
    const std::string one = full.address() + ": Connection timed out";
    CHECK(dialing.outcome.error.text.starts_with("cannot connect to three.test" + full.port() + " (" + one +
                                                 ", " + one + ", " + one + ")"));
}

TEST_CASE("an address that makes no progress leaves the next one of its name a share of connect_timeout")
{
    FullListener full;
    FakeHost host(Clock::manual);
    host.define_name("two.test", {"127.0.0.1", "127.0.0.1"});
    Transport transport(host, tcp_role, {{"connect_timeout", "2s"}});
    Dialing dialing(transport, "two.test" + full.port());
    host.drain();
    full.make_room();
    host.advance(std::chrono::seconds(1));
    // At once: the first connection is made, too, when the system tries again.
    host.drain();
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_OK);
}

TEST_CASE("an address that refuses at once leaves the next one of its name all of connect_timeout")
{
    const FullListener full;
    FakeHost host(Clock::manual);
    host.define_name("two.test", {"127.0.0.2", "127.0.0.1"});
    Transport transport(host, tcp_role, {{"connect_timeout", "2s"}});
    Dialing dialing(transport, "two.test" + full.port());
    host.drain();
    host.advance(std::chrono::milliseconds(1999));
    host.drain();
    REQUIRE(dialing.outcome.calls == 0);
    host.advance(std::chrono::milliseconds(1));
    host.drain();
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_TIMED_OUT);
}

TEST_CASE("without connect_timeout no timer of ours ends a dial")
{
    const FullListener full;
    FakeHost host(Clock::manual);
    Transport transport(host, tcp_role);
    Dialing dialing(transport, full.address());
    host.drain();
    host.advance(std::chrono::hours(24));
    host.drain();
    CHECK(dialing.outcome.calls == 0);
}

TEST_CASE("each address of a name is tried in turn until one answers")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    host.define_name("three.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    Transport transport(host, tcp_role);
    Listening listening(transport, "127.0.0.1:0");
    const std::string address = listening.address();
    Dialing dialing(transport, "three.test" + address.substr(address.rfind(':')));
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_OK);
    Stream stream(transport, dialing.take());
    CHECK(stream.property("peer") == address);
}

TEST_CASE("when every address of a name refuses, the error names each")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    host.define_name("two.test", {"127.0.0.2", "127.0.0.3"});
    Transport transport(host, tcp_role);
    Dialing dialing(transport, "two.test:1");
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_REFUSED);
    CHECK(dialing.outcome.error.text ==
          "cannot connect to two.test:1 (127.0.0.2:1: Connection refused, 127.0.0.3:1: Connection refused); "
          "nothing listens there (yet): start the other side, or correct the address");
}

TEST_CASE("each dial looks its name up again")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening listening(transport, "127.0.0.1:0");
    const std::string address = listening.address();
    const std::string target = "moving.test" + address.substr(address.rfind(':'));
    host.define_name("moving.test", {"127.0.0.2"});
    {
        Dialing dialing(transport, target);
        REQUIRE(dialing.finish());
        CHECK(dialing.outcome.status == SF_REFUSED);
    }
    host.define_name("moving.test", {"127.0.0.1"});
    Dialing dialing(transport, target);
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_OK);
}

TEST_CASE("a name that leads nowhere is an error that says so")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    host.define_name("nowhere.test", {});
    Transport transport(host, tcp_role);
    Dialing dialing(transport, "nowhere.test:5555");
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_NOT_FOUND);
    CHECK(dialing.outcome.error.text.starts_with(
        "cannot connect to nowhere.test:5555: the name leads to no address"));
}

TEST_CASE("a lookup under way can be cancelled")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    host.define_name("one.test", {"127.0.0.1"});
    Transport transport(host, tcp_role);
    Dialing dialing(transport, "one.test:5555");
    dialing.cancel();
    host.drain();
    CHECK(dialing.outcome.calls == 1);
    CHECK(dialing.outcome.status == SF_CANCELLED);
}

TEST_CASE("the system's own names can be dialled")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening listening(transport, "localhost:0");
    INFO(host.last_error().text);
    REQUIRE(listening.started == SF_OK);
    const std::string address = listening.address();
    CHECK(address.starts_with("127.0.0.1:"));
    Dialing dialing(transport, "localhost" + address.substr(address.rfind(':')));
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_OK);
}

TEST_CASE("a local listener whose queue is full is tried again until it has room")
{
    const TemporaryFolder folder;
    const std::string path = folder / "full";
    const sf_address address = [&]
    {
        sockaddr_storage storage{};
        storage.ss_family = AF_UNIX;
        path.copy(reinterpret_cast<char*>(&storage) + sizeof(sa_family_t), path.size());
        return plugin::posix::make_address(&storage, sizeof(sa_family_t) + path.size() + 1);
    }();
    const Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(listener.get(), plugin::posix::as_sockaddr(address), address.length) == 0);
    REQUIRE(::listen(listener.get(), 0) == 0);
    const Descriptor first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(first.get(), plugin::posix::as_sockaddr(address), address.length) == 0);

    FakeHost host(Clock::manual);
    Transport transport(host, ipc_role, {{"connect_timeout", "1s"}});
    SUBCASE("and then connects")
    {
        Dialing dialing(transport, path);
        host.drain();
        host.advance(std::chrono::milliseconds(500));
        host.drain();
        REQUIRE(dialing.outcome.calls == 0);
        const Descriptor accepted(::accept(listener.get(), nullptr, nullptr));
        host.advance(std::chrono::milliseconds(100));
        host.drain();
        CHECK(dialing.outcome.calls == 1);
        CHECK(dialing.outcome.status == SF_OK);
    }
    SUBCASE("or connect_timeout has passed")
    {
        Dialing dialing(transport, path);
        host.drain();
        host.advance(std::chrono::seconds(1));
        host.drain();
        CHECK(dialing.outcome.calls == 1);
        CHECK(dialing.outcome.status == SF_TIMED_OUT);
    }
}

TEST_CASE("a dial that meets itself counts as refused")
{
    // The system lets a socket connect to its own port; binding it there first makes sure that it does.
    class OwnPort final : public plugin::posix::SocketKind
    {
    public:
        explicit OwnPort(const sf_address& address) : address_(address)
        {}

        void prepare(int fd) const override
        {
            REQUIRE(::bind(fd, plugin::posix::as_sockaddr(address_), address_.length) == 0);
        }

        void configure(int) const override
        {}

        plugin::posix::Properties properties(int, const sf_address&) const override
        {
            return {};
        }

    private:
        sf_address address_;
    };
    sf_address address;
    {
        const FullListener listener; // its port is free afterwards
        address = listener.socket_address();
    }
    FakeHost host;
    Outcome outcome;
    outcome.host = &host;
    const auto dialed = [](void* context, sf_status status, sf_stream*)
    {
        Outcome::on_done(context, status);
    };
    const std::string text = plugin::posix::text_of(address);
    auto* const dial =
        new plugin::posix::SocketDial(host.table(), host.loop(), text, std::make_shared<OwnPort>(address),
                                      std::chrono::nanoseconds(0), {dialed, &outcome});
    dial->start({address});
    REQUIRE(host.run_until(
        [&]
        {
            return outcome.calls != 0;
        }));
    host.drain();
    CHECK(outcome.status == SF_REFUSED);
    CHECK(outcome.error.text.starts_with("cannot connect to " + text + ": Connection refused"));
}

} // namespace spaceframe::transport_test
