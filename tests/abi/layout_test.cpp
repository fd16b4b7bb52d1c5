#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

// The figures are the contract's, on a machine with pointers of 64 bits; they may only grow at the end.

TEST_CASE("the frozen fields of a descriptor lie where every version of the contract has them")
{
    CHECK(offsetof(sf_plugin, magic) == 0);
    CHECK(offsetof(sf_plugin, size) == 4);
    CHECK(offsetof(sf_plugin, abi_major) == 8);
    CHECK(offsetof(sf_plugin, abi_minor) == 10);
    CHECK(offsetof(sf_plugin, tag) == 12);
    CHECK(sizeof(sf_plugin::tag) == 20);
    CHECK(offsetof(sf_plugin, name) == 32);
}

TEST_CASE("the magic number is the text SFRM in memory")
{
    const std::uint32_t magic = SF_PLUGIN_MAGIC;
    const auto* const bytes = reinterpret_cast<const char*>(&magic);
    CHECK(bytes[0] == 'S');
    CHECK(bytes[1] == 'F');
    CHECK(bytes[2] == 'R');
    CHECK(bytes[3] == 'M');
}

TEST_CASE("every table begins with its size")
{
    CHECK(offsetof(sf_host, size) == 0);
    CHECK(offsetof(sf_transport, size) == 0);
    CHECK(offsetof(sf_protocol, size) == 0);
    CHECK(offsetof(sf_backpressure, size) == 0);
    CHECK(offsetof(sf_reconnect, size) == 0);
    CHECK(std::is_same_v<decltype(sf_transport::size), std::uint32_t>);
}

TEST_CASE("what crosses the boundary keeps its size")
{
    CHECK(sizeof(sf_value) == 32);
    CHECK(sizeof(sf_option) == 56);
    CHECK(sizeof(sf_frame) == 32);
    CHECK(sizeof(sf_iov) == 32);
    CHECK(sizeof(sf_output) == 24);
    CHECK(sizeof(sf_event) == 88);
    CHECK(sizeof(sf_role) == 48);
    CHECK(sizeof(sf_plugin) == 80);
    CHECK(sizeof(sf_address) == 128);
    CHECK(offsetof(sf_decode, consumed) == 80);
    CHECK(offsetof(sf_encode, frames_taken) == 80);
}
