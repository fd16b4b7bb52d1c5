#pragma once

#include "scripted_transport.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::scripted_transport::testing
{

using plugin::transport_role;
using plugin::testing::FakeHost;
using plugin::testing::OptionValues;

inline constexpr sf_role mem = transport_role<ScriptedTransport<0>, options>("mem", "");
inline constexpr sf_role memp = transport_role<ScriptedTransport<SF_STREAM_PARALLEL>, options>("memp", "");

// A name of this process's own for each test: they may run as one process.
inline std::string fresh_name()
{
    static std::atomic<int> count{0};
    return "test-" + std::to_string(count.fetch_add(1));
}

// The last thing that was called back.
struct Outcome
{
    int calls = 0;
    sf_status status = SF_OK;
    sf_stream* stream = nullptr;

    static void on_stream(void* context, sf_status status, sf_stream* stream)
    {
        *static_cast<Outcome*>(context) = {static_cast<Outcome*>(context)->calls + 1, status, stream};
    }

    static void on_wait(void* context, sf_status status)
    {
        on_stream(context, status, nullptr);
    }
};

// An instance of the transport on a loop of its own.
class Side
{
public:
    explicit Side(std::initializer_list<OptionValues::Setting> settings = {}, const sf_role& role = mem)
        : table(*static_cast<const sf_transport*>(role.table))
    {
        const OptionValues values(role, settings);
        REQUIRE(table.create(host.table(), values.data(), values.size(), &instance_) == SF_OK);
    }

    ~Side()
    {
        if (stream != nullptr)
        {
            table.stream_close(stream);
        }
        if (listener != nullptr)
        {
            table.listener_close(listener);
        }
        host.drain();
        table.destroy(instance_);
    }

    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;

    sf_status listen(const std::string& name)
    {
        return table.listen(instance_, host.loop(), name.c_str(), &Outcome::on_stream, &accepted, &listener);
    }

    sf_status dial(const std::string& name)
    {
        return table.dial(instance_, host.loop(), name.c_str(), &Outcome::on_stream, &dialed, &dialling);
    }

    void own(sf_stream* made)
    {
        stream = made;
        REQUIRE(table.stream_attach(stream, host.loop()) == SF_OK);
    }

    sf_result write(std::string_view text)
    {
        const sf_iov buffer{reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), nullptr, 0, 0};
        return table.stream_write(stream, &buffer, 1);
    }

    sf_result read(std::size_t capacity = 100000)
    {
        std::vector<std::uint8_t> buffer(capacity);
        std::uint32_t flags = 77;
        const sf_result count = table.stream_read(stream, buffer.data(), capacity, &flags);
        CHECK(flags == 0);
        received.assign(buffer.begin(),
                        buffer.begin() + static_cast<std::ptrdiff_t>(std::max<sf_result>(count, 0)));
        return count;
    }

    void wait(std::uint32_t direction)
    {
        table.stream_wait(stream, direction, &Outcome::on_wait,
                          direction == SF_READABLE ? &readable : &writable);
    }

    void close()
    {
        table.stream_close(stream);
        stream = nullptr;
    }

    void close_listener()
    {
        table.listener_close(listener);
        listener = nullptr;
    }

    FakeHost host;
    const sf_transport& table;
    sf_listener* listener = nullptr;
    sf_dial* dialling = nullptr;
    sf_stream* stream = nullptr;
    Outcome accepted;
    Outcome dialed;
    Outcome readable;
    Outcome writable;
    std::string received;

private:
    sf_transport_instance* instance_ = nullptr;
};

inline void join(Side& server, Side& client)
{
    const std::string name = fresh_name();
    REQUIRE(server.listen(name) == SF_OK);
    REQUIRE(client.dial(name) == SF_OK);
    server.host.drain();
    client.host.drain();
    REQUIRE(server.accepted.status == SF_OK);
    REQUIRE(client.dialed.status == SF_OK);
    server.own(server.accepted.stream);
    client.own(client.dialed.stream);
}

} // namespace spaceframe::scripted_transport::testing
