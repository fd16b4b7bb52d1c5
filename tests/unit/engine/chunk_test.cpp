#include "engine/chunk.hpp"
#include "frame_encoder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace spaceframe;
using engine::Chunk;
using memory::FrameRing;
using memory::SlabRef;

namespace
{

sf_status encode(sf_session*, sf_encode* call)
{
    return zmtp::encode_frames(*call);
}

sf_status recover(sf_session*, sf_recover* call)
{
    return zmtp::recover_frames(*call, false);
}

/// A subscription of 2 bytes more than its topic; a cancellation of as many more as the protocol did not
/// announce.
template <std::size_t Overhead>
sf_status write_change(sf_session*, sf_bytes topic, sf_output* output)
{
    const std::size_t needed = topic.size + Overhead;
    if (output->capacity - output->length < needed)
    {
        output->length += needed;
        return SF_WOULD_BLOCK;
    }
    std::fill_n(output->data + output->length, needed, std::uint8_t{'s'});
    output->length += needed;
    return SF_OK;
}

sf_protocol zmtp_table()
{
    sf_protocol table{};
    table.size = sizeof(table);
    table.encode = encode;
    table.recover = recover;
    table.frame_overhead = 9;
    table.subscribe = write_change<2>;
    table.cancel = write_change<200'000>;
    return table;
}

const sf_protocol protocol = zmtp_table();

using Texts = std::vector<std::string>;

std::vector<sf_frame> borrow(const std::vector<Texts>& messages, sf_owner* owner)
{
    std::vector<sf_frame> frames;
    for (const Texts& message : messages)
    {
        for (const std::string& text : message)
        {
            frames.push_back(
                {owner, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), SF_FRAME_MORE, 0});
        }
        frames.back().flags = 0;
    }
    return frames;
}

std::vector<Texts> read(FrameRing& ring)
{
    std::vector<Texts> messages;
    bool inside = false;
    while (!ring.empty())
    {
        const sf_frame frame = ring.pop_front();
        if (!inside)
        {
            messages.emplace_back();
        }
        messages.back().emplace_back(frame.size == 0 ? "" : reinterpret_cast<const char*>(frame.data),
                                     frame.size);
        inside = (frame.flags & SF_FRAME_MORE) != 0;
        if (frame.owner != nullptr)
        {
            memory::release(frame.owner);
        }
    }
    CHECK_FALSE(inside);
    return messages;
}

std::string gathered(const Chunk& chunk)
{
    std::array<sf_iov, 64> buffers;
    std::string bytes;
    const std::size_t count = chunk.gather(buffers);
    for (std::size_t i = 0; i < count; ++i)
    {
        CHECK(buffers[i].size > 0);
        bytes.append(reinterpret_cast<const char*>(buffers[i].data), buffers[i].size);
    }
    return bytes;
}

/// Bodies that are copied and bodies that are referred to, at every place in a message.
std::vector<Texts> mixed_messages()
{
    const std::string large(8192, 'L');
    return {{"a", large, "b", large}, {"", "small"}, {large, std::string(300, 'm')}};
}

/// The bytes of the whole wire up to the end of each message.
std::vector<std::size_t> ends_of(const std::vector<Texts>& messages)
{
    std::vector<std::size_t> ends;
    std::size_t end = 0;
    for (const Texts& message : messages)
    {
        for (const std::string& text : message)
        {
            end += (text.size() > 255 ? 9U : 2U) + text.size();
        }
        ends.push_back(end);
    }
    return ends;
}

} // namespace

TEST_CASE("a batch cut at every byte goes on where it stopped, and recovers what is not written whole")
{
    const std::vector<Texts> messages = mixed_messages();
    const std::vector<std::size_t> ends = ends_of(messages);
    const std::array<std::uint64_t, 3> charges{100, 20, 3};
    const SlabRef owner(memory::allocate(1));
    const std::vector<sf_frame> frames = borrow(messages, owner.get());
    std::string wire;
    for (std::size_t offset = 0; offset <= ends.back(); ++offset)
    {
        Chunk chunk;
        const Chunk::Taken taken = chunk.append(protocol, nullptr, frames, charges);
        REQUIRE(taken.status == SF_OK);
        REQUIRE(taken.messages == 3);
        REQUIRE(taken.frames == frames.size());
        REQUIRE(chunk.charge() == 123);
        if (wire.empty())
        {
            wire = gathered(chunk);
            REQUIRE(wire.size() == ends.back());
        }
        const Chunk::Progress progress = chunk.advance(offset);
        std::size_t whole = 0;
        std::uint64_t charge = 0;
        while (whole < 3 && ends[whole] <= offset)
        {
            charge += charges[whole++];
        }
        CAPTURE(offset);
        REQUIRE(progress.messages == whole);
        REQUIRE(progress.charge == charge);
        REQUIRE(chunk.charge() == 123 - charge);
        REQUIRE(chunk.messages() == 3 - whole);
        REQUIRE(chunk.empty() == (offset == wire.size()));
        REQUIRE((gathered(chunk) == wire.substr(offset)));

        FrameRing ring;
        sf_status status = SF_FAILED;
        REQUIRE(chunk.recover(protocol, nullptr, ring, status) == 3 - whole);
        REQUIRE(status == SF_OK);
        REQUIRE((read(ring) ==
                 std::vector<Texts>(messages.begin() + static_cast<std::ptrdiff_t>(whole), messages.end())));
        const Chunk::Progress rest = chunk.advance(wire.size() - offset);
        REQUIRE(rest.messages == 3 - whole);
        REQUIRE(progress.charge + rest.charge == 123);
        REQUIRE(chunk.empty());
    }
    CHECK(owner->references.load() == 1);
}

TEST_CASE("many small writes give the same bytes, messages and charges as one")
{
    const std::vector<Texts> messages = mixed_messages();
    const std::array<std::uint64_t, 3> charges{100, 20, 3};
    const SlabRef owner(memory::allocate(1));
    const std::vector<sf_frame> frames = borrow(messages, owner.get());
    for (const std::size_t step : {1U, 7U, 4096U})
    {
        Chunk chunk;
        chunk.append(protocol, nullptr, frames, charges);
        const std::string wire = gathered(chunk);
        std::string written;
        std::size_t done = 0;
        std::uint64_t charge = 0;
        while (!chunk.empty())
        {
            std::array<sf_iov, 1> buffer;
            REQUIRE(chunk.gather(buffer) == 1);
            const std::size_t size = std::min<std::size_t>(step, buffer[0].size);
            written.append(reinterpret_cast<const char*>(buffer[0].data), size);
            const Chunk::Progress progress = chunk.advance(size);
            done += progress.messages;
            charge += progress.charge;
        }
        CHECK((written == wire));
        CHECK(done == 3);
        CHECK(charge == 123);
        CHECK(chunk.messages() == 0);
    }
    CHECK(owner->references.load() == 1);
}

TEST_CASE("a body that is referred to is held until its message is written whole, and by nobody longer")
{
    const std::vector<Texts> messages = mixed_messages();
    const std::vector<std::size_t> ends = ends_of(messages);
    const SlabRef owner(memory::allocate(1));
    Chunk chunk;
    chunk.append(protocol, nullptr, borrow(messages, owner.get()), {});
    CHECK(owner->references.load() == 4);
    chunk.advance(ends[0] - 1);
    CHECK(owner->references.load() == 4);
    chunk.advance(1);
    CHECK(owner->references.load() == 2);
    SUBCASE("cleared")
    {
        chunk.clear();
        CHECK(owner->references.load() == 1);
        CHECK(chunk.empty());
        CHECK(chunk.messages() == 0);
    }
    SUBCASE("swapped")
    {
        Chunk other;
        other.swap(chunk);
        CHECK(chunk.empty());
        CHECK(other.messages() == 2);
        other.advance(ends[2] - ends[0]);
        CHECK(owner->references.load() == 1);
    }
}

TEST_CASE("a message that is larger than a window gets one of its own, behind nothing else")
{
    const std::vector<Texts> messages{{std::string(memory::slab_size + 5, 'x'), "tail"}};
    const std::vector<sf_frame> frames = borrow(messages, nullptr);
    Chunk busy;
    const std::uint8_t control = 4;
    REQUIRE(busy.append_control({&control, 1}) == SF_OK);
    const Chunk::Taken refused = busy.append(protocol, nullptr, frames, {});
    CHECK(refused.status == SF_OK);
    CHECK(refused.messages == 0);
    CHECK(busy.messages() == 0);

    Chunk chunk;
    const Chunk::Taken taken = chunk.append(protocol, nullptr, frames, {});
    CHECK(taken.status == SF_OK);
    CHECK(taken.messages == 1);
    CHECK(gathered(chunk).size() == ends_of(messages).back());
    chunk.advance(memory::slab_size);
    FrameRing ring;
    sf_status status = SF_FAILED;
    CHECK(chunk.recover(protocol, nullptr, ring, status) == 1);
    CHECK((read(ring) == messages));
}

TEST_CASE("a message at every size around a window is taken into an empty one")
{
    for (std::size_t size = memory::slab_size - 1100; size <= memory::slab_size + 20; ++size)
    {
        const std::vector<Texts> messages{{std::string(size, 'x')}};
        Chunk chunk;
        REQUIRE(chunk.append(protocol, nullptr, borrow(messages, nullptr), {}).messages == 1);
        REQUIRE(gathered(chunk).size() == size + 9);
    }
}

TEST_CASE("a window that is full of messages still has room for control bytes")
{
    Chunk chunk;
    const std::vector<Texts> messages(100, Texts{std::string(500, 'x')});
    const std::vector<sf_frame> frames = borrow(messages, nullptr);
    while (chunk.append(protocol, nullptr, frames, {}).messages > 0)
    {}
    const std::vector<Texts> tiny{{""}};
    while (chunk.append(protocol, nullptr, borrow(tiny, nullptr), {}).messages > 0)
    {}
    const std::vector<std::uint8_t> control(SF_CONTROL_CAPACITY, 0);
    CHECK(chunk.append_control(control) == SF_OK);
    CHECK(chunk.append_control(control) == SF_WOULD_BLOCK);
}

TEST_CASE("control bytes between messages are written in place and recover nothing")
{
    const std::vector<std::uint8_t> pong{4, 5, 4, 'P', 'O', 'N', 'G'};
    const std::vector<Texts> first{{"one"}};
    const std::vector<Texts> second{{"two", "three"}};
    Chunk chunk;
    REQUIRE(chunk.append_control(pong) == SF_OK);
    chunk.append(protocol, nullptr, borrow(first, nullptr), {});
    REQUIRE(chunk.append_control(pong) == SF_OK);
    chunk.append(protocol, nullptr, borrow(second, nullptr), {});
    const sf_output room = chunk.control_room(pong.size());
    REQUIRE(room.capacity >= pong.size());
    std::copy(pong.begin(), pong.end(), room.data);
    chunk.commit({room.data, room.capacity, pong.size()});
    CHECK(gathered(chunk) == std::string("\4\5\4PONG\0\3one\4\5\4PONG\1\3two\0\5three\4\5\4PONG", 38));

    FrameRing ring;
    sf_status status = SF_FAILED;
    CHECK(chunk.recover(protocol, nullptr, ring, status) == 2);
    CHECK((read(ring) == std::vector<Texts>{first[0], second[0]}));
    CHECK(chunk.advance(12).messages == 1);
    CHECK(chunk.recover(protocol, nullptr, ring, status) == 1);
    CHECK((read(ring) == second));
    CHECK(chunk.advance(19).messages == 1);
    CHECK_FALSE(chunk.empty());
    CHECK(chunk.recover(protocol, nullptr, ring, status) == 0);
    CHECK(status == SF_OK);
}

TEST_CASE("a copy of what another window holds is the same bytes, messages, charges and references")
{
    const std::vector<Texts> messages = mixed_messages();
    const std::array<std::uint64_t, 3> charges{100, 20, 3};
    const SlabRef owner(memory::allocate(1));
    const std::vector<sf_frame> frames = borrow(messages, owner.get());
    {
        Chunk source;
        REQUIRE(source.append(protocol, nullptr, borrow({{"before"}}, nullptr), {}).messages == 1);
        const std::string before = gathered(source);
        const Chunk::Mark since = source.mark();
        REQUIRE(source.append(protocol, nullptr, frames, {}).messages == 3);

        Chunk copy;
        REQUIRE(copy.append(protocol, nullptr, borrow({{"other", "things"}}, nullptr),
                            std::array<std::uint64_t, 1>{7})
                    .messages == 1);
        const std::string other = gathered(copy);
        REQUIRE(copy.append_copy(source, since, charges));
        source.clear();
        CHECK(copy.messages() == 4);
        CHECK(copy.charge() == 130);
        std::vector<Texts> expected = messages;
        expected.insert(expected.begin(), {"other", "things"});
        const std::vector<std::size_t> ends = ends_of(expected);
        CHECK(gathered(copy).size() == ends.back());
        FrameRing ring;
        sf_status status = SF_OK;
        CHECK(copy.recover(protocol, nullptr, ring, status) == 4);
        CHECK(read(ring) == expected);
        std::size_t offset = 0;
        for (std::size_t i = 0; i < ends.size(); offset = ends[i++])
        {
            CHECK(copy.advance(ends[i] - offset - 1).messages == 0);
            CHECK(copy.advance(1).messages == 1);
        }
        CHECK(copy.charge() == 0);
    }
    CHECK(owner->references == 1);
}

TEST_CASE("a copy that finds no room leaves the window as it was")
{
    Chunk source;
    const std::string half(memory::slab_size / 2, 'h');
    REQUIRE(source.append(protocol, nullptr, borrow({{half}}, nullptr), {}).messages == 1);
    Chunk copy;
    CHECK(copy.append_copy(source, {}, {}));
    const std::string before = gathered(copy);
    CHECK_FALSE(copy.append_copy(source, {}, {}));
    CHECK(copy.messages() == 1);
    CHECK(gathered(copy) == before);
}

TEST_CASE("a subscription takes the room that it needs, or waits for an empty window, and is no message")
{
    const std::string topic(1000, 't');
    const sf_bytes bytes{reinterpret_cast<const std::uint8_t*>(topic.data()), topic.size()};
    const sf_frame subscribe{nullptr, bytes.data, bytes.size, SF_FRAME_SUBSCRIBE, 0};
    const sf_frame cancel{nullptr, bytes.data, bytes.size, SF_FRAME_CANCEL, 0};
    Chunk chunk;
    CHECK(chunk.append_subscription(protocol, nullptr, subscribe) == SF_OK);
    CHECK(chunk.size() == 1002);
    CHECK(chunk.messages() == 0);
    CHECK(chunk.append_subscription(protocol, nullptr, cancel) == SF_WOULD_BLOCK);
    CHECK(chunk.size() == 1002);
    CHECK(chunk.advance(1002).messages == 0);
    CHECK(chunk.empty());
    chunk.clear();
    CHECK(chunk.append_subscription(protocol, nullptr, cancel) == SF_OK);
    CHECK(chunk.size() == 201'000);
}

TEST_CASE("messages of very many frames are recovered")
{
    const std::vector<Texts> messages{Texts(1000, "x"), Texts(3, "y"), Texts(129, std::string(20, 'z'))};
    Chunk chunk;
    CHECK(chunk.append(protocol, nullptr, borrow(messages, nullptr), {}).messages == 3);
    chunk.advance(10);
    FrameRing ring;
    sf_status status = SF_FAILED;
    CHECK(chunk.recover(protocol, nullptr, ring, status) == 3);
    CHECK((read(ring) == messages));
}

TEST_CASE("a protocol that cannot read back recovers nothing and says so")
{
    sf_protocol table = zmtp_table();
    table.recover = [](sf_session*, sf_recover*) -> sf_status
    {
        return SF_UNSUPPORTED;
    };
    const std::vector<Texts> messages{{"one"}};
    Chunk chunk;
    chunk.append(table, nullptr, borrow(messages, nullptr), {});
    FrameRing ring;
    sf_status status = SF_OK;
    CHECK(chunk.recover(table, nullptr, ring, status) == 0);
    CHECK(status == SF_UNSUPPORTED);
    CHECK(ring.empty());
}

TEST_CASE("a message that cannot be encoded leaves the window as it was")
{
    sf_protocol table = zmtp_table();
    table.encode = [](sf_session*, sf_encode*) -> sf_status
    {
        return SF_TOO_LARGE;
    };
    const std::vector<Texts> messages{{"one"}};
    Chunk chunk;
    chunk.append(protocol, nullptr, borrow(messages, nullptr), {});
    const std::string before = gathered(chunk);
    CHECK(chunk.append(table, nullptr, borrow(messages, nullptr), {}).status == SF_TOO_LARGE);
    CHECK(chunk.messages() == 1);
    CHECK(gathered(chunk) == before);
}
