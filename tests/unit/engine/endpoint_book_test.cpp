#include "engine/endpoint_book.hpp"

#include <doctest/doctest.h>

using namespace spaceframe::engine;
using Status = EndpointState::Status;

TEST_CASE("what the manifest names is known before it is opened, and opened in its place")
{
    EndpointBook book;
    book.plan(true, "tcp://*:0");
    book.plan(false, "tcp://here:1");
    REQUIRE(book.find("tcp://here:1"));
    CHECK(book.find("tcp://here:1")->status == Status::planned);
    CHECK(book.find("tcp://there:1") == nullptr);
    CHECK(book.bound().empty());
    const auto entry = book.open(true, "tcp://*:0");
    CHECK(entry == book.find("tcp://*:0"));
    CHECK(entry->status == Status::opening);
    CHECK(book.open(true, "tcp://*:0") != entry);
}

TEST_CASE("an endpoint is found as it was given and as it was bound, the last one first")
{
    EndpointBook book;
    const auto first = book.open(true, "tcp://*:0");
    const auto second = book.open(true, "tcp://*:0");
    first->status = Status::ready;
    first->bound = "tcp://0.0.0.0:5";
    CHECK(book.find("tcp://*:0") == second);
    CHECK(book.find("tcp://0.0.0.0:5") == first);
    CHECK(book.bound() == std::vector<std::string>{"tcp://0.0.0.0:5"});
    second->status = Status::ready;
    second->bound = "tcp://0.0.0.0:6";
    CHECK(book.bound() == std::vector<std::string>{"tcp://0.0.0.0:5", "tcp://0.0.0.0:6"});
}

TEST_CASE("a failure is kept until the same is tried again, and so often only once")
{
    EndpointBook book;
    for (int attempt = 0; attempt < 3; ++attempt)
    {
        const auto entry = book.open(true, "tcp://*:1");
        CHECK(entry->status == Status::opening);
        entry->status = Status::failed;
        CHECK(book.find("tcp://*:1") == entry);
    }
    const auto other = book.open(false, "tcp://*:1");
    CHECK(book.find("tcp://*:1") == other);
}

TEST_CASE("of what was adopted and has ended the last hundred are remembered, and of what has not ended all")
{
    EndpointBook book;
    const auto other = book.open(false, "tcp://here:1");
    other->status = Status::failed;
    const auto alive = book.adopt("adopted:alive");
    for (int i = 0; i < 150; ++i)
    {
        book.adopt("adopted:" + std::to_string(i))->status = Status::failed;
    }
    const auto last = book.adopt("adopted:last");
    CHECK(book.find("adopted:alive") == alive);
    CHECK(book.find("adopted:last") == last);
    CHECK(book.find("adopted:49") == nullptr);
    CHECK(book.find("adopted:50") != nullptr);
    CHECK(book.find("tcp://here:1") == other);
    CHECK(book.names() == std::vector<std::string>{"tcp://here:1"});
    book.remove(last);
    CHECK(book.find("adopted:last") == nullptr);
}
