#include "plugin/normalise.hpp"

#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

using spaceframe::plugin_host::normalise_table;

namespace
{

sf_transport full_transport()
{
    sf_transport table{};
    table.size = sizeof(table);
    table.create = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.destroy = [](auto...) {};
    table.check_address = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.listen = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.listener_address = [](auto...) -> sf_result
    {
        return 1;
    };
    table.listener_close = [](auto...) {};
    table.dial = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.dial_cancel = [](auto...) {};
    table.stream_attach = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.stream_flags = [](auto...) -> std::uint32_t
    {
        return SF_STREAM_PARALLEL;
    };
    table.stream_read = [](auto...) -> sf_result
    {
        return 2;
    };
    table.stream_write = [](auto...) -> sf_result
    {
        return 3;
    };
    table.stream_wait = [](auto...) {};
    table.stream_close = [](auto...) {};
    table.stream_property = [](auto...) -> sf_result
    {
        return 4;
    };
    return table;
}

sf_backpressure full_backpressure()
{
    sf_backpressure table{};
    table.size = sizeof(table);
    table.flags = SF_BACKPRESSURE_UNLIMITED;
    table.create = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.destroy = [](auto...) {};
    table.try_acquire = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.wait = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.cancel = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.release = [](auto...) {};
    table.state = [](auto...) {};
    return table;
}

sf_protocol full_protocol()
{
    sf_protocol table{};
    table.size = sizeof(table);
    table.frame_overhead = 9;
    table.create = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.destroy = [](auto...) {};
    table.session_open = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.session_close = [](auto...) {};
    table.start = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.decode = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.authorise = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.tick = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.encode = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.encoding_key = [](auto...) -> std::uint64_t
    {
        return 7;
    };
    table.subscribe = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.cancel = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    return table;
}

sf_reconnect full_reconnect()
{
    sf_reconnect table{};
    table.size = sizeof(table);
    table.create = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.destroy = [](auto...) {};
    table.next_delay = [](auto...) -> sf_status
    {
        return SF_OK;
    };
    table.reset = [](auto...) {};
    return table;
}

template <class Table>
std::shared_ptr<const Table> normalised(std::uint32_t kind, const Table& table)
{
    std::string problem;
    auto copy = std::static_pointer_cast<const Table>(normalise_table(kind, &table, problem));
    REQUIRE_MESSAGE(copy != nullptr, problem);
    CHECK(copy->size == sizeof(Table));
    return copy;
}

template <class Table>
std::string problem_of(std::uint32_t kind, const Table* table)
{
    std::string problem;
    CHECK(normalise_table(kind, table, problem) == nullptr);
    return problem;
}

} // namespace

TEST_CASE("a full table is copied as it is")
{
    const sf_transport table = full_transport();
    const auto copy = normalised(SF_ROLE_TRANSPORT, table);
    CHECK(copy.get() != &table);
    CHECK((copy->stream_read == table.stream_read));
    CHECK((copy->stream_property == table.stream_property));

    CHECK(normalised(SF_ROLE_BACKPRESSURE, full_backpressure())->flags == SF_BACKPRESSURE_UNLIMITED);
    CHECK(normalised(SF_ROLE_PROTOCOL, full_protocol())->frame_overhead == 9);
}

TEST_CASE("optional functions that are left out become stubs with the answer that the contract names")
{
    CHECK(normalised(SF_ROLE_TRANSPORT, full_transport())->query(nullptr, "x/1") == nullptr);
    CHECK(normalised(SF_ROLE_RECONNECT, full_reconnect())->query(nullptr, "x/1") == nullptr);

    const auto protocol = normalised(SF_ROLE_PROTOCOL, full_protocol());
    CHECK(protocol->recover(nullptr, nullptr) == SF_UNSUPPORTED);
    CHECK(protocol->query(nullptr, "x/1") == nullptr);
    CHECK(protocol->encoding_key(nullptr) == 7);

    const auto backpressure = normalised(SF_ROLE_BACKPRESSURE, full_backpressure());
    CHECK(backpressure->on_full(nullptr, nullptr) == SF_ON_FULL_DEFAULT);
    CHECK(backpressure->query(nullptr, "x/1") == nullptr);
}

TEST_CASE("the shorter table of last year's plug-in gets stubs for what came later")
{
    sf_protocol protocol = full_protocol();
    protocol.size = offsetof(sf_protocol, encoding_key);
    const auto old_protocol = normalised(SF_ROLE_PROTOCOL, protocol);
    CHECK((old_protocol->encode == protocol.encode));
    CHECK(old_protocol->encoding_key(nullptr) == 0);
    CHECK(old_protocol->subscribe(nullptr, {}, nullptr) == SF_UNSUPPORTED);
    CHECK(old_protocol->cancel(nullptr, {}, nullptr) == SF_UNSUPPORTED);
    CHECK(old_protocol->recover(nullptr, nullptr) == SF_UNSUPPORTED);

    sf_transport transport = full_transport();
    transport.size = offsetof(sf_transport, stream_property);
    const auto old_transport = normalised(SF_ROLE_TRANSPORT, transport);
    CHECK((old_transport->stream_close == transport.stream_close));
    CHECK(old_transport->stream_property(nullptr, "peer", nullptr, 0) == -SF_NOT_FOUND);

    sf_reconnect reconnect = full_reconnect();
    reconnect.size = offsetof(sf_reconnect, reset);
    const auto old_reconnect = normalised(SF_ROLE_RECONNECT, reconnect);
    old_reconnect->reset(nullptr);
    CHECK((old_reconnect->reset != reconnect.reset));
}

TEST_CASE("a table that ends inside a function does not get half of it")
{
    sf_protocol protocol = full_protocol();
    protocol.size = offsetof(sf_protocol, subscribe) + 3;
    const auto copy = normalised(SF_ROLE_PROTOCOL, protocol);
    CHECK(copy->encoding_key(nullptr) == 7);
    CHECK(copy->subscribe(nullptr, {}, nullptr) == SF_UNSUPPORTED);
}

TEST_CASE("the longer table of next year's plug-in is cut to ours")
{
    struct Longer
    {
        sf_reconnect table;
        std::array<void*, 4> more;
    };
    Longer longer{full_reconnect(), {}};
    longer.table.size = sizeof(longer);
    const auto copy = normalised(SF_ROLE_RECONNECT, longer.table);
    CHECK((copy->next_delay == longer.table.next_delay));
}

TEST_CASE("a table without a function that a role cannot do without is refused")
{
    sf_transport transport = full_transport();
    transport.listen = nullptr;
    CHECK(problem_of(SF_ROLE_TRANSPORT, &transport) == "its table lacks the function 'listen'");

    sf_reconnect reconnect = full_reconnect();
    reconnect.size = offsetof(sf_reconnect, next_delay);
    CHECK(problem_of(SF_ROLE_RECONNECT, &reconnect) == "its table has 24 bytes, at least 32 are needed");

    CHECK(problem_of<sf_reconnect>(SF_ROLE_RECONNECT, nullptr) == "it has no table");
    reconnect = full_reconnect();
    CHECK(problem_of(77, &reconnect) == "its kind 77 is unknown");
}
