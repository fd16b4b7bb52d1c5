#include "memory/slab.hpp"

#include <spaceframe/message.hpp>
#include <spaceframe/socket.hpp>

#include <doctest/doctest.h>

#include <string>

using spaceframe::Frame;
using spaceframe::Message;

namespace
{

// A std::string_view takes two pointers for the ends of one text.
template <class T>
concept made_of_pointers = requires
{
    T{{"one", "two"}};
};

template <class T>
concept grows_by_pointers = requires(T message)
{
    message.push_back({"one", "two"});
};

template <class T>
concept grows_in_front_by_pointers = requires(T message)
{
    message.push_front({"one", "two"});
};

template <class T>
concept sends_pointers = requires(T socket)
{
    socket.send({{"one", "two"}});
};

template <class T>
concept sends_texts = requires(T socket, std::string text)
{
    socket.send({"one", "two"});
    socket.send({"one", text, std::string_view(text)});
    socket.send({"one"});
    socket.send(text);
};

static_assert(!made_of_pointers<Frame> && !made_of_pointers<Message>);
static_assert(!grows_by_pointers<Message> && !grows_in_front_by_pointers<Message>);
static_assert(!sends_pointers<spaceframe::Socket>);
static_assert(sends_texts<spaceframe::Socket>);

} // namespace

TEST_CASE("a frame copies bytes, and its copies share them")
{
    std::string text = "hello";
    const Frame frame(std::string_view{text});
    text = "other";
    CHECK(frame.text() == "hello");
    const Frame copy = frame;
    CHECK(copy.data() == frame.data());
    CHECK(frame.owner()->references.load() == 2);
}

TEST_CASE("an empty frame owns no memory")
{
    const Frame frame{std::string_view()};
    CHECK(frame.empty());
    CHECK(frame.owner() == nullptr);
}

TEST_CASE("a moved frame is empty and the reference count does not change")
{
    Frame frame(std::string_view("bytes"));
    const Frame moved = std::move(frame);
    CHECK(frame.empty());
    CHECK(frame.owner() == nullptr);
    CHECK(moved.text() == "bytes");
    CHECK(moved.owner()->references.load() == 1);
}

TEST_CASE("assigning a frame releases what it held")
{
    Frame frame(std::string_view("old"));
    const Frame old = frame;
    const Frame fresh(std::string_view("new"));
    frame = fresh;
    CHECK(old.owner()->references.load() == 1);
    CHECK(fresh.owner()->references.load() == 2);
    CHECK(frame.text() == "new");
    Frame& alias = frame;
    frame = alias;
    CHECK(frame.text() == "new");
    CHECK(fresh.owner()->references.load() == 2);
}

TEST_CASE("a detached reference is the caller's")
{
    Frame frame(std::string_view("bytes"));
    sf_owner* const owner = frame.detach();
    CHECK(frame.empty());
    CHECK(frame.owner() == nullptr);
    CHECK(owner->references.load() == 1);
    spaceframe::memory::release(owner);
}

TEST_CASE("frames are put before a message and taken off again in order")
{
    Message message{"b", "c"};
    message.push_front(Frame(std::string_view("a")));
    message.push_back("d");
    REQUIRE(message.size() == 4);
    CHECK(message.byte_size() == 4);
    CHECK(message.front().text() == "a");
    CHECK(message.back().text() == "d");
    for (const char* expected : {"a", "b", "c", "d"})
    {
        CHECK(message.pop_front().text() == expected);
    }
    CHECK(message.empty());
}

TEST_CASE("a popped frame keeps its bytes when the message goes")
{
    Frame first;
    {
        Message message{"kept", "lost"};
        first = message.pop_front();
    }
    CHECK(first.text() == "kept");
    CHECK(first.owner()->references.load() == 1);
}

TEST_CASE("a copied message shares the frames of the original")
{
    const Message message{"one", "two", "three"};
    const Message copy = message;
    REQUIRE(copy.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
    {
        CHECK(copy[i].data() == message[i].data());
        CHECK(copy[i].owner()->references.load() == 2);
    }
}
