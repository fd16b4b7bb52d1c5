#include "link.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zmtp_test;

// Each of these has broken another implementation (docs/wire.md). Those of subscriptions and heartbeats stand
// with the other tests of these.

TEST_CASE("trap: the greeting is staged, and the rest suits the version that the peer's opening tells")
{
    const std::string ours = greeting(3, 1);
    for (const int major : {2, 3, 4})
    {
        CAPTURE(major);
        Link link;
        CHECK(link.take_sent() == ours.substr(0, 11));
        link.feed(ours.substr(0, 10));
        CHECK(link.take_sent().empty());
        link.feed(bytes({major}));
        CHECK(link.take_sent() == (major == 2 ? bytes({5, 0, 0}) : ours.substr(11)));
    }
}

TEST_CASE("trap: byte 0 other than 0xFF, or bit 0 of byte 9 clear, means a 1.0 peer")
{
    const std::string rest = bytes({3, 1, 'N', 'U', 'L', 'L'});
    const std::string peers[] = {
        bytes({1, 0}),                                             // without an identity
        bytes({6, 0}) + "short" + rest,                            // with one
        bytes({0xFF}) + big_endian(300, 8) + bytes({0x7E}) + rest, // with a long one: byte 9 has its flags
        bytes({0xFF}) + big_endian(300, 8) + bytes({0}),
        greeting_2(6, "", 0), // between the two versions libzmq had a revision 0, with the framing of 1.0
    };
    for (const std::string& peer : peers)
    {
        CAPTURE(peer);
        Link link;
        link.feed(peer);
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.error().find("ZMTP 1.0") != std::string::npos);
        CHECK(link.error().find("at least 2.0 is needed") != std::string::npos);
        CHECK(link.sent.size() == 11);
        CHECK_FALSE(link.asked);
    }
}

TEST_CASE("trap: revision 1 means 2.0, 3 and more mean 3.x, and higher majors are accepted")
{
    struct Row
    {
        int major;
        int minor;
        const char* version;
    };
    for (const Row& row :
         {Row{1, 0, "ZMTP 2.0"}, Row{2, 0, "ZMTP 2.0"}, Row{3, 0, "ZMTP 3.0"}, Row{3, 1, "ZMTP 3.1"},
          Row{3, 9, "ZMTP 3.1"}, Row{4, 0, "ZMTP 3.1"}, Row{255, 255, "ZMTP 3.1"}})
    {
        CAPTURE(row.major);
        CAPTURE(row.minor);
        Link link;
        for (const char byte :
             row.major < 3 ? greeting_2(6, "", row.major) : greeting(row.major, row.minor) + ready("ROUTER"))
        {
            link.feed({&byte, 1});
        }
        CHECK(link.is_ready);
        CHECK(link.version == row.version);
    }
}

TEST_CASE("trap: libzmq's signature holds its routing id's length + 1: zeros are not expected")
{
    const std::string signatures[] = {bytes({0xFF}) + big_endian(1, 8) + bytes({0x7F}),
                                      bytes({0xFF}) + big_endian(256, 8) + bytes({0x7F}),
                                      bytes({0xFF}) + std::string(8, '\xFF') + bytes({0x01})};
    for (const std::string& signature : signatures)
    {
        for (const std::string& peer : {greeting(3, 1) + ready("ROUTER"), greeting_2(6)})
        {
            CAPTURE(signature);
            Link link;
            link.feed(signature + peer.substr(signature.size()));
            CHECK(link.is_ready);
        }
    }
}

TEST_CASE("trap: as-server is 0 even from CURVE servers: it is not judged, and neither is the filler")
{
    for (const int as_server : {0, 1, 0xFF})
    {
        CAPTURE(as_server);
        std::string peer = greeting(3, 1);
        peer[32] = static_cast<char>(as_server);
        peer[33] = peer[63] = '\x7F';
        Link link;
        link.feed(peer + ready("ROUTER"));
        CHECK(link.is_ready);
    }
}

TEST_CASE("trap: the mechanism is 20 bytes, NUL-padded, compared whole")
{
    for (const char* mechanism : {"PLAIN", "CURVE", "NULLIFY", "NUL", ""})
    {
        CAPTURE(mechanism);
        Link link;
        link.feed(greeting(3, 1, mechanism));
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.error().find("mechanism") != std::string::npos);
    }
    Link late;
    late.feed(greeting(3, 1, std::string("NULL") + std::string(15, '\0') + "X"));
    CHECK(late.status == SF_PROTOCOL);
}

TEST_CASE("trap: greeting and handshake have a deadline")
{
    const std::string peers[] = {"",
                                 greeting(3, 1).substr(0, 10),
                                 greeting(3, 1).substr(0, 32),
                                 greeting(3, 1),
                                 greeting(3, 1) + ready("ROUTER").substr(0, 9),
                                 greeting_2(6, "name").substr(0, 11),
                                 greeting_2(6, "name").substr(0, 15)};
    for (const std::string& peer : peers)
    {
        CAPTURE(peer);
        Link link;
        // A byte now and then changes nothing.
        link.feed(peer.substr(0, peer.size() / 2));
        link.now += 29 * second;
        link.feed(peer.substr(peer.size() / 2));
        link.tick();
        CHECK(link.status == SF_OK);
        CHECK_FALSE(link.asked);
        CHECK(link.next_tick == link.now + second);
        link.now += second;
        link.tick();
        CHECK(link.status == SF_TIMED_OUT);
    }
}

TEST_CASE("trap: READY may arrive in one segment with the greeting and with traffic: the rest is kept")
{
    Link link;
    link.feed(greeting(3, 1) + ready("ROUTER", "worker-7") + frame("early"));
    CHECK(link.asked);
    CHECK(link.socket_type == "ROUTER");
    CHECK(link.identity == "worker-7");
    CHECK(link.is_ready);
    CHECK(link.frames == std::vector<ReceivedFrame>{{"early", 0}});
}

TEST_CASE("trap: a property is a name's length, name, u32 big-endian length and value, all in the frame")
{
    const std::string good = property("Socket-Type", "ROUTER");
    for (std::size_t cut = 1; cut != good.size(); ++cut)
    {
        CAPTURE(cut);
        Link link;
        link.feed(greeting(3, 1) + command("READY", good.substr(0, cut)));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.asked);
    }
    for (const std::uint64_t length : {0x7FFFFFFFULL, 0x80000000ULL, 0xFFFFFFFFULL})
    {
        CAPTURE(length);
        Link link;
        link.feed(greeting(3, 1) + command("READY", bytes({1}) + "X" + big_endian(length, 4) + "value"));
        CHECK(link.status == SF_PROTOCOL);
    }
}

TEST_CASE("trap: a trailing byte in READY is an error")
{
    Link link;
    link.feed(greeting(3, 1) + command("READY", property("Socket-Type", "ROUTER") + "x"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: the frame of READY may be long")
{
    Config config;
    config.identity = std::string(255, 'i');
    Link link(config);
    link.feed(greeting(3, 1) + ready("DEALER", std::string(255, 'j')));
    CHECK(link.is_ready);
    CHECK(link.identity == std::string(255, 'j'));
    CHECK(link.sent == greeting(3, 1) + ready("DEALER", std::string(255, 'i')));

    const std::string body = ready("DEALER", "short").substr(2);
    Link longer_than_needed;
    longer_than_needed.feed(greeting(3, 1) + bytes({6}) + big_endian(body.size(), 8) + body);
    CHECK(longer_than_needed.identity == "short");
}

TEST_CASE("trap: identity comes from REQ, DEALER and ROUTER only, and is often empty")
{
    for (const char* type : {"REQ", "DEALER", "ROUTER"})
    {
        CAPTURE(type);
        Link link;
        link.feed(greeting(3, 1) + ready(type, "name"));
        CHECK(link.identity == "name");
        for (const std::string& anonymous : {ready(type, ""), ready(type)})
        {
            Link nameless;
            nameless.feed(greeting(3, 1) + anonymous);
            CHECK(nameless.is_ready);
            CHECK(nameless.identity.empty());
        }
    }
    for (const char* type : {"REP", "PUB", "SUB", "XPUB", "XSUB", "PUSH", "PULL", "PAIR"})
    {
        CAPTURE(type);
        Link link;
        link.feed(greeting(3, 1) + ready(type, "name"));
        CHECK(link.is_ready);
        CHECK(link.identity.empty());
    }
}

TEST_CASE("trap: given identities have 1 to 255 bytes and do not start with zero")
{
    for (const std::string& good : {std::string("i"), std::string(255, '\xFF')})
    {
        Link link;
        link.feed(greeting(3, 1) + ready("DEALER", good));
        CHECK(link.identity == good);
    }
    for (const std::string& bad : {std::string(256, 'i'), bytes({0}), bytes({0, 1, 2, 3, 4})})
    {
        CAPTURE(bad);
        Link link;
        link.feed(greeting(3, 1) + ready("DEALER", bad));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.asked);
    }
}

TEST_CASE("trap: the handshake's metadata is bounded (CVE-2019-13132)")
{
    for (const std::uint64_t length : {std::uint64_t{16'385}, std::uint64_t{1'000'000}, UINT64_MAX >> 1U})
    {
        CAPTURE(length);
        Link link;
        link.feed(greeting(3, 1) + bytes({6}) + big_endian(length, 8));
        CHECK(link.status == SF_TOO_LARGE);
        CHECK(link.need == 0);
    }

    Link large;
    large.feed(greeting(3, 1) + command("READY", property("X-Note", std::string(16'000, 'n')) +
                                                     property("Socket-Type", "ROUTER")));
    CHECK(large.is_ready);
}

TEST_CASE("trap: nothing of a peer comes out before it is authorised (CVE-2020-15166)")
{
    Config config;
    config.verdict = SF_REFUSED;
    config.refusal = "PUB is no peer\nof ours";
    Link link(config);
    link.feed(greeting(3, 1) + ready("PUB") + frame("data"));
    CHECK(link.sent == greeting(3, 1) + command("ERROR", bytes({22}) + "PUB is no peer?of ours"));
    CHECK(link.status == SF_REFUSED);
    CHECK_FALSE(link.is_ready);
    CHECK(link.frames.empty());
}

TEST_CASE("trap: bytes that are not ZMTP at all cost a connection, not a gigabyte")
{
    for (const std::string& first : {std::string("GET / HTTP/1.1\r\n"), bytes({0x16, 3, 1, 2, 0, 1}), // TLS
                                     bytes({0xFB, 0x18, 0xFF, 0xFF, 0xFB, 0x1F, 0xFF, 0xFB, 0x20})})
    {
        CAPTURE(first);
        Link link;
        link.feed(first.substr(0, 1));
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.need == 0);
        CHECK(link.error().find("0x") != std::string::npos);

        // The same behind a signature.
        Link late;
        late.feed(greeting(3, 1).substr(0, 12) + first + std::string(64, 'x'));
        CHECK(late.status == SF_PROTOCOL);
        CHECK(late.need == 0);
    }
}

TEST_CASE("trap: a command with MORE set is invalid")
{
    Link early;
    early.feed(greeting(3, 1) + frame(bytes({5}) + "READY", 5));
    CHECK(early.status == SF_PROTOCOL);

    Link active;
    complete(active, "ROUTER");
    active.feed(frame(bytes({4}) + "PING" + bytes({0, 0}), 5));
    CHECK(active.status == SF_PROTOCOL);
}

TEST_CASE("trap: unknown commands are ignored once active, rejected in the handshake")
{
    Link early;
    early.feed(greeting(3, 1) + command("HELLO", "x"));
    CHECK(early.status == SF_PROTOCOL);
    CHECK(early.error().find("HELLO") != std::string::npos);

    Link active;
    complete(active, "ROUTER");
    active.feed(command("HELLO", "x") + command("READY") + frame("data"));
    CHECK(active.status == SF_OK);
    CHECK(active.frames.size() == 1);
    CHECK(active.take_sent().empty());
}

TEST_CASE("trap: a 64-bit length is checked before it is narrowed, added or allocated (CVE-2019-6250)")
{
    for (const std::uint64_t length : {std::uint64_t{1} << 63U, UINT64_MAX, UINT64_MAX - 8})
    {
        CAPTURE(length);
        Link link;
        complete(link, "ROUTER");
        link.feed(bytes({2}) + big_endian(length, 8) + "abc");
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.need == 0);

        Link early;
        early.feed(greeting(3, 1) + bytes({6}) + big_endian(length, 8));
        CHECK(early.status == SF_TOO_LARGE);
    }

    // As 32 bits these are small.
    Config config;
    config.max_message_size = 1000;
    for (const std::uint64_t length : {(std::uint64_t{1} << 32U) + 3, std::uint64_t{1} << 62U})
    {
        CAPTURE(length);
        Link link(config);
        complete(link, "ROUTER");
        link.feed(bytes({2}) + big_endian(length, 8) + "abc");
        CHECK(link.status == SF_TOO_LARGE);
        CHECK(link.need == 0);

        Link early(config);
        early.feed(greeting(3, 1) + bytes({6}) + big_endian(length, 8) + "abc");
        CHECK(early.status == SF_TOO_LARGE);
        CHECK(early.need == 0);
    }
}

TEST_CASE("trap: frame and message are capped")
{
    Config config;
    config.max_message_size = 10;
    Link link(config);
    complete(link, "ROUTER");
    link.feed(frame("12345", 1) + frame("67890") + frame("1234567890") + frame("12345", 1));
    CHECK(link.status == SF_OK);
    CHECK(link.frames.size() == 4);
    link.feed(bytes({0, 6}));
    CHECK(link.status == SF_TOO_LARGE);
    CHECK(link.error().find("max_message_size") != std::string::npos);
}

TEST_CASE("trap: the number of frames is capped")
{
    Config config;
    config.max_frames = 3;
    Link link(config);
    complete(link, "ROUTER");
    link.feed(frame("", 1) + frame("", 1) + frame("") + frame("", 1) + frame("", 1) + frame("", 1));
    CHECK(link.status == SF_OK);
    link.feed(frame(""));
    CHECK(link.status == SF_TOO_LARGE);
    CHECK(link.error().find("max_frames") != std::string::npos);
}
