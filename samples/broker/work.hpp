#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

// What clients and workers of the sample agree on. A request and a reply are two frames: a header and a body.
namespace broker_sample
{

using Body = std::vector<std::byte>;
using View = std::span<const std::byte>;

inline constexpr std::size_t largest_body = 200 * 1024;

// The first frame of a request. Both ends are on one machine, so it travels in the machine's own byte order.
struct Request
{
    std::uint64_t client = 0;
    std::uint64_t number = 0;
    std::uint64_t checksum = 0; // of the body that follows
    std::uint64_t size = 0;     // of the body that follows, bytes
};

enum class Verdict : std::uint64_t
{
    fine = 1,
    damaged = 2 // the request's body did not match its header
};

// The first frame of a reply. The body that follows is the request's, transformed.
struct Reply
{
    std::uint64_t client = 0;
    std::uint64_t number = 0;
    std::uint64_t checksum = 0; // of the body that follows
    std::uint64_t size = 0;
    std::uint64_t worker = 0;
    Verdict verdict = Verdict::fine;
};

// The body of request `number` of `client`: 0 B to 200 KiB, the same for the same three numbers.
Body request_body(std::uint64_t seed, std::uint64_t client, std::uint64_t number);

// What a worker does: every word of the body is changed in a way that depends on who asked and for which
// request, so that a reply cannot pass for another one.
void transform(std::span<std::byte> body, std::uint64_t client, std::uint64_t number);

// Depends on every byte, on their order and on their count.
std::uint64_t checksum(View body);

// What is wrong with the reply; empty when it is, byte for byte, the answer to the request.
std::string problem_with(const Reply& reply, View body, const Request& request, View request_body);

// Copies a header out of a frame; false when the frame has another size.
template <class Header>
bool read_header(View frame, Header& header)
{
    if (frame.size() != sizeof(Header))
    {
        return false;
    }
    std::memcpy(&header, frame.data(), sizeof(Header));
    return true;
}

} // namespace broker_sample
