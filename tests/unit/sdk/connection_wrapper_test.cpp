

#include <spaceframe/plugin/plugin.hpp>
#include <spaceframe/plugin/testing/fake_host.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

using namespace spaceframe::plugin;
using spaceframe::plugin::testing::FakeHost;

namespace
{

int alive = 0;

struct Counted
{
    Counted()
    {
        ++alive;
    }

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    ~Counted()
    {
        --alive;
    }
};

// The least that a protocol needs.
class Echo
{
public:
    static constexpr std::uint32_t flags = SF_PROTOCOL_BYTES;
    static constexpr std::uint32_t frame_overhead = 4;

    class Session : Counted
    {
    public:
        explicit Session(Host host) : host_(host)
        {}

        Host host() const noexcept
        {
            return host_;
        }

        Status decode(sf_decode& call) noexcept
        {
            call.consumed = call.length;
            return SF_OK;
        }

        Status authorise(Status, const char* reason, sf_output&)
        {
            throw Error(SF_REFUSED, reason);
        }

        Status encode(sf_encode&) noexcept
        {
            return SF_TOO_LARGE;
        }

    private:
        Host host_;
    };

    explicit Echo(Host host) : host_(host)
    {}

    std::unique_ptr<Session> session_open(const sf_session_config& config)
    {
        if (config.max_frames == 0)
        {
            throw Error(SF_INVALID, "no frames");
        }
        return std::make_unique<Session>(host_);
    }

private:
    Host host_;
};

class Pipe
{
public:
    struct Stream : Counted
    {
        Status attach(sf_loop*) noexcept
        {
            return SF_OK;
        }

        Result read(std::uint8_t*, std::size_t, std::uint32_t& flags) noexcept
        {
            flags = SF_READ_END_OF_MESSAGE;
            return -SF_WOULD_BLOCK;
        }

        Result write(const sf_iov*, std::size_t count) noexcept
        {
            return static_cast<Result>(count);
        }

        void wait(std::uint32_t, Callback callback) noexcept
        {
            waiting = callback;
        }

        Callback waiting;
    };

    struct Listener : Counted
    {
        explicit Listener(Host given) : host_(given)
        {}

        Host host() const noexcept
        {
            return host_;
        }

        Result address(char*, std::size_t)
        {
            throw Error(SF_SYSTEM, "getsockname", 9);
        }

        void close() noexcept
        {
            closed_by_author = true;
            delete this;
        }

        static inline bool closed_by_author = false;

    private:
        Host host_;
    };

    struct Dial
    {
        void cancel() noexcept
        {}
    };

    explicit Pipe(Host host) : host_(host)
    {}

    static Status check_address(Host host, const char* address, bool listening)
    {
        return listening ? SF_OK : host.fail(SF_INVALID, std::string("not here: ") + address);
    }

    Status listen(sf_loop*, const char*, StreamCallback<Stream> accepted, Listener*& listener)
    {
        listener = new Listener(host_);
        accepted(new Stream);
        accepted.fail(SF_SYSTEM);
        return SF_OK;
    }

    Status dial(sf_loop*, const char*, StreamCallback<Stream>, Dial*&)
    {
        throw Error(SF_INVALID, "no dialling");
    }

private:
    Host host_;
};

struct Accepted
{
    sf_stream* stream = nullptr;
    int failures = 0;
};

void accepted(void* context, sf_status status, sf_stream* stream)
{
    auto& result = *static_cast<Accepted*>(context);
    if (status == SF_OK)
    {
        result.stream = stream;
    }
    else
    {
        CHECK(stream == nullptr);
        ++result.failures;
    }
}

} // namespace

TEST_CASE("a protocol of three functions has a whole table")
{
    const sf_role role = protocol_role<Echo>("echo", "");
    const auto& table = *static_cast<const sf_protocol*>(role.table);
    CHECK(table.flags == SF_PROTOCOL_BYTES);
    CHECK(table.frame_overhead == 4);
    const FakeHost host;
    sf_protocol_instance* instance = nullptr;
    REQUIRE(table.create(host.table(), nullptr, 0, &instance) == SF_OK);

    sf_session_config config{};
    sf_session* session = nullptr;
    CHECK(table.session_open(instance, &config, &session) == SF_INVALID);
    CHECK(session == nullptr);
    CHECK(host.last_error().text == "no frames");
    config.max_frames = 1;
    REQUIRE(table.session_open(instance, &config, &session) == SF_OK);
    CHECK(alive == 1);

    sf_output output{};
    CHECK(table.start(session, 0, &output) == SF_OK);
    sf_decode decode{};
    decode.length = 7;
    CHECK(table.decode(session, &decode) == SF_OK);
    CHECK(decode.consumed == 7);
    CHECK(table.authorise(session, SF_REFUSED, "go away", &output) == SF_REFUSED);
    CHECK(host.last_error().text == "go away");
    sf_time next = 0;
    CHECK(table.tick(session, 1, &output, &next) == SF_OK);
    CHECK(next == SF_NEVER);
    sf_encode encode{};
    CHECK(table.encode(session, &encode) == SF_TOO_LARGE);
    CHECK(table.encoding_key(session) == 0);
    CHECK(table.subscribe(session, {}, &output) == SF_UNSUPPORTED);
    CHECK(table.cancel(session, {}, &output) == SF_UNSUPPORTED);
    CHECK(table.recover(session, nullptr) == SF_UNSUPPORTED);

    table.session_close(session);
    CHECK(alive == 0);
    table.destroy(instance);
}

TEST_CASE("a transport's objects reach the kernel and come back, and end as their classes say")
{
    const sf_role role = transport_role<Pipe>("pipe", "");
    const auto& table = *static_cast<const sf_transport*>(role.table);
    const FakeHost host;
    sf_transport_instance* instance = nullptr;
    REQUIRE(table.create(host.table(), nullptr, 0, &instance) == SF_OK);

    CHECK(table.check_address(host.table(), "x", 1) == SF_OK);
    CHECK(table.check_address(host.table(), "x", 0) == SF_INVALID);
    CHECK(host.last_error().text == "not here: x");

    Accepted result;
    sf_listener* listener = nullptr;
    REQUIRE(table.listen(instance, nullptr, "x", accepted, &result, &listener) == SF_OK);
    REQUIRE(result.stream != nullptr);
    CHECK(result.failures == 1);
    CHECK(table.listener_address(listener, nullptr, 0) == -SF_SYSTEM);
    CHECK(host.last_error().os_error == 9);

    CHECK(table.stream_attach(result.stream, nullptr) == SF_OK);
    CHECK(table.stream_flags(result.stream) == 0);
    std::uint32_t flags = 0;
    CHECK(table.stream_read(result.stream, nullptr, 1, &flags) == -SF_WOULD_BLOCK);
    CHECK(flags == SF_READ_END_OF_MESSAGE);
    CHECK(table.stream_write(result.stream, nullptr, 5) == 5);
    int context = 0;
    table.stream_wait(
        result.stream, SF_READABLE, [](void*, sf_status) {}, &context);
    CHECK(reinterpret_cast<Pipe::Stream*>(result.stream)->waiting.context == &context);
    CHECK(table.stream_property(result.stream, "peer", nullptr, 0) == -SF_NOT_FOUND);

    sf_dial* dial = nullptr;
    CHECK(table.dial(instance, nullptr, "x", accepted, &result, &dial) == SF_INVALID);
    CHECK(host.last_error().text == "no dialling");

    CHECK(alive == 2);
    table.stream_close(result.stream);
    table.listener_close(listener);
    CHECK(Pipe::Listener::closed_by_author);
    CHECK(alive == 0);
    table.destroy(instance);
}
