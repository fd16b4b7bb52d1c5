#include "transport_fixture.hpp"

#include "ipc_options.hpp"
#include "ipc_transport.hpp"
#include "tcp_options.hpp"
#include "tcp_transport.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spaceframe::transport_test
{

const sf_role tcp_role = plugin::transport_role<tcp::TcpTransport, tcp::tcp_options>("tcp", "TCP");
const sf_role ipc_role = plugin::transport_role<ipc::IpcTransport, ipc::ipc_options>("ipc", "Local sockets");

std::vector<int> open_descriptors()
{
    std::vector<int> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    {
        all.push_back(std::stoi(entry.path().filename()));
    }
    std::erase_if(all,
                  [](int fd)
                  {
                      return ::fcntl(fd, F_GETFD) < 0; // the iterator's own
                  });
    return all;
}

TemporaryFolder::TemporaryFolder()
{
    std::string path = std::filesystem::temp_directory_path() / "spaceframe-test-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
}

TemporaryFolder::~TemporaryFolder()
{
    std::filesystem::remove_all(path_);
}

bool has_ipv6()
{
    const plugin::posix::Descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    return socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::vector<Kind> kinds(const TemporaryFolder& folder)
{
    static std::atomic<int> number = 0;
    const std::string unique = std::to_string(::getpid()) + "-" + std::to_string(++number);
    const std::string nobody = folder / "nobody";
    std::vector<Kind> all{
        {"tcp, IPv4", tcp_role, "127.0.0.1:0", "127.0.0.1:1"},
        {"ipc, path", ipc_role, folder / "socket", nobody},
        {"ipc, abstract", ipc_role, "@spaceframe-test-" + unique, "@spaceframe-nobody-" + unique},
        {"ipc, wildcard", ipc_role, "*", nobody}};
    if (has_ipv6())
    {
        all.push_back({"tcp, IPv6", tcp_role, "[::1]:*", "[::1]:1"});
    }
    return all;
}

NoDescriptorLeaks::NoDescriptorLeaks() : before_(open_descriptors().size())
{}

NoDescriptorLeaks::~NoDescriptorLeaks()
{
    CHECK(open_descriptors().size() == before_);
}

Transport::Transport(FakeHost& host, const sf_role& role,
                     std::initializer_list<OptionValues::Setting> settings)
    : host_(host)
    , table_(*static_cast<const sf_transport*>(role.table))
{
    const OptionValues values(role, settings);
    REQUIRE(table_.create(host.table(), values.data(), values.size(), &instance_) == SF_OK);
}

Transport::~Transport()
{
    table_.destroy(instance_);
    host_.drain();
}

void Outcome::on_done(void* context, sf_status status)
{
    Outcome& self = *static_cast<Outcome*>(context);
    ++self.calls;
    self.status = status;
    if (self.host != nullptr)
    {
        self.error = self.host->last_error();
    }
}

Dialing::Dialing(Transport& transport, const std::string& address) : transport_(transport)
{
    outcome.host = &transport.host();
    transport.host().clear_error();
    started = transport->dial(transport.instance(), transport.host().loop(), address.c_str(),
                              &Dialing::on_dialed, this, &dial_);
    CHECK(outcome.calls == 0);
}

Dialing::~Dialing()
{
    if (started == SF_OK && outcome.calls == 0)
    {
        cancel();
        finish();
    }
    if (stream != nullptr)
    {
        transport_->stream_close(stream);
    }
    transport_.host().drain();
}

bool Dialing::finish()
{
    return transport_.host().run_until(
        [this]
        {
            return outcome.calls != 0;
        });
}

void Dialing::cancel()
{
    transport_->dial_cancel(dial_);
}

sf_stream* Dialing::take()
{
    return std::exchange(stream, nullptr);
}

void Dialing::on_dialed(void* context, sf_status status, sf_stream* stream)
{
    Dialing& self = *static_cast<Dialing*>(context);
    Outcome::on_done(&self.outcome, status);
    CHECK((status == SF_OK) == (stream != nullptr));
    self.stream = stream;
}

Listening::Listening(Transport& transport, const std::string& address) : transport_(transport)
{
    transport.host().clear_error();
    started = transport->listen(transport.instance(), transport.host().loop(), address.c_str(),
                                &Listening::on_accepted, this, &listener_);
    CHECK((started == SF_OK) == (listener_ != nullptr));
}

Listening::~Listening()
{
    close();
    for (sf_stream* const stream : streams)
    {
        transport_->stream_close(stream);
    }
    transport_.host().drain();
}

std::string Listening::address() const
{
    char buffer[256] = {};
    const sf_result length = transport_->listener_address(listener_, buffer, sizeof buffer);
    REQUIRE(length > 0);
    CHECK(buffer[length] == '\0');
    return buffer;
}

sf_stream* Listening::take()
{
    if (!transport_.host().run_until(
            [this]
            {
                return !streams.empty();
            }))
    {
        return nullptr;
    }
    sf_stream* const stream = streams.front();
    streams.erase(streams.begin());
    return stream;
}

void Listening::close()
{
    if (listener_ != nullptr)
    {
        transport_->listener_close(std::exchange(listener_, nullptr));
    }
}

void Listening::on_accepted(void* context, sf_status status, sf_stream* stream)
{
    Listening& self = *static_cast<Listening*>(context);
    CHECK(self.listener_ != nullptr);
    if (status == SF_OK)
    {
        self.streams.push_back(stream);
    }
    else
    {
        CHECK(stream == nullptr);
        self.failures.push_back(self.transport_.host().last_error());
    }
    if (self.close_when_accepting)
    {
        self.close();
    }
}

Stream::Stream(Transport& transport, sf_stream* stream) : transport_(transport), stream_(stream)
{
    REQUIRE(stream != nullptr);
    REQUIRE(transport->stream_attach(stream, transport.host().loop()) == SF_OK);
}

Stream::~Stream()
{
    close();
    transport_.host().drain();
}

sf_result Stream::write(std::string_view bytes)
{
    const sf_iov entry{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nullptr, 0, 0};
    return transport_->stream_write(stream_, &entry, 1);
}

sf_result Stream::read(char* buffer, std::size_t capacity)
{
    std::uint32_t flags = UINT32_MAX;
    const sf_result result =
        transport_->stream_read(stream_, reinterpret_cast<std::uint8_t*>(buffer), capacity, &flags);
    CHECK(flags == 0);
    return result;
}

std::string Stream::read_all(std::size_t size)
{
    std::string all;
    while (all.size() < size)
    {
        char buffer[4096];
        const sf_result count = read(buffer, std::min(sizeof buffer, size - all.size()));
        if (count > 0)
        {
            all.append(buffer, static_cast<std::size_t>(count));
        }
        else if (count != -SF_WOULD_BLOCK || !run_until_ready(SF_READABLE))
        {
            break;
        }
    }
    return all;
}

void Stream::wait(std::uint32_t direction, Outcome& outcome)
{
    transport_->stream_wait(stream_, direction, &Outcome::on_done, &outcome);
}

bool Stream::run_until_ready(std::uint32_t direction)
{
    Outcome ready;
    wait(direction, ready);
    CHECK(ready.calls == 0);
    const bool came = transport_.host().run_until(
        [&]
        {
            return ready.calls != 0;
        });
    REQUIRE(came);
    return ready.status == SF_OK;
}

std::string Stream::property(const char* name)
{
    char buffer[256] = {};
    const sf_result length = transport_->stream_property(stream_, name, buffer, sizeof buffer);
    return length < 0 ? "(none)" : std::string(buffer, static_cast<std::size_t>(length));
}

void Stream::close()
{
    if (stream_ != nullptr)
    {
        transport_->stream_close(std::exchange(stream_, nullptr));
    }
}

sf_stream* Stream::handle() const
{
    return stream_;
}

Connection::Connection(FakeHost& host, const Kind& kind,
                       std::initializer_list<OptionValues::Setting> settings)
    : transport(host, kind.role, settings)
    , listening(transport, kind.bind)
{
    INFO(host.last_error().text);
    REQUIRE(listening.started == SF_OK);
    Dialing dialing(transport, listening.address());
    REQUIRE(dialing.started == SF_OK);
    REQUIRE(dialing.finish());
    REQUIRE(dialing.outcome.status == SF_OK);
    dialled = std::make_unique<Stream>(transport, dialing.take());
    accepted = std::make_unique<Stream>(transport, listening.take());
}

} // namespace spaceframe::transport_test
