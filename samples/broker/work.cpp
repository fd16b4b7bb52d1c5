#include "work.hpp"

#include <bit>

namespace broker_sample
{
namespace
{

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u;

std::uint64_t mix(std::uint64_t value)
{
    value ^= value >> 30;
    value *= 0xBF58476D1CE4E5B9u;
    value ^= value >> 27;
    value *= 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

// Calls `use(word, size)` for each 8 bytes of the body, the last ones possibly fewer.
template <class Byte, class Use>
void for_each_word(std::span<Byte> body, Use use)
{
    std::size_t offset = 0;
    for (; offset + 8 <= body.size(); offset += 8)
    {
        use(body.data() + offset, std::size_t{8});
    }
    if (offset < body.size())
    {
        use(body.data() + offset, body.size() - offset);
    }
}

} // namespace

Body request_body(std::uint64_t seed, std::uint64_t client, std::uint64_t number)
{
    std::uint64_t state = mix(seed + golden * client) + golden * number;
    Body body(mix(state) % (largest_body + 1));
    for_each_word(std::span(body),
                  [&](std::byte* word, std::size_t size)
                  {
                      state += golden;
                      const std::uint64_t value = mix(state);
                      std::memcpy(word, &value, size);
                  });
    return body;
}

void transform(std::span<std::byte> body, std::uint64_t client, std::uint64_t number)
{
    std::uint64_t key = mix(golden * (client + 1)) ^ mix(number + 1);
    for_each_word(body,
                  [&](std::byte* word, std::size_t size)
                  {
                      std::uint64_t value = 0;
                      std::memcpy(&value, word, size);
                      value ^= key;
                      std::memcpy(word, &value, size);
                      key += golden;
                  });
}

std::uint64_t checksum(View body)
{
    std::uint64_t sum = body.size();
    for_each_word(body,
                  [&](const std::byte* word, std::size_t size)
                  {
                      std::uint64_t value = 0;
                      std::memcpy(&value, word, size);
                      sum = std::rotl(sum ^ value, 23) * golden;
                  });
    return mix(sum);
}

std::string problem_with(const Reply& reply, View body, const Request& request, View asked)
{
    if (reply.verdict != Verdict::fine)
    {
        return "the request reached the worker damaged";
    }
    if (reply.client != request.client || reply.number != request.number)
    {
        return "the reply belongs to request " + std::to_string(reply.number) + " of client " +
               std::to_string(reply.client);
    }
    if (body.size() != asked.size() || reply.size != body.size())
    {
        return "the reply has " + std::to_string(body.size()) + " bytes instead of " +
               std::to_string(asked.size());
    }
    Body expected(asked.begin(), asked.end());
    transform(expected, request.client, request.number);
    if (reply.checksum != checksum(expected))
    {
        return "the reply's checksum is wrong";
    }
    if (!body.empty() && std::memcmp(body.data(), expected.data(), expected.size()) != 0)
    {
        return "the reply's body is wrong";
    }
    return {};
}

} // namespace broker_sample
