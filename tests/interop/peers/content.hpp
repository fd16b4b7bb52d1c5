#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

// The messages of the interop tests: the same for the same seed and index, so that both ends know them
// without telling each other.
namespace interop
{

using Frames = std::vector<std::string>;

inline std::uint64_t mix(std::uint64_t value)
{
    value += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

inline std::string body(std::uint64_t seed, std::uint64_t index, std::size_t frame, std::size_t size)
{
    std::string bytes(size, '\0');
    std::uint64_t state = mix(mix(seed) + index * 64 + frame);
    for (std::size_t offset = 0; offset < size; offset += sizeof state)
    {
        state = state * 6364136223846793005u + 1442695040888963407u;
        std::memcpy(bytes.data() + offset, &state, std::min(sizeof state, size - offset));
    }
    return bytes;
}

// Sizes on both sides of the borders of ZMTP's encodings; 5,000,000 bytes are in few messages, to save time.
inline std::size_t body_size(std::uint64_t seed, std::uint64_t index, std::size_t frame)
{
    constexpr std::array<std::size_t, 4> small{0, 1, 255, 256};
    constexpr std::array<std::size_t, 2> large{65535, 65536};
    const std::uint64_t choice = mix(seed ^ mix(index * 64 + frame));
    if (index % 250 == 249 && frame == 0)
    {
        return 5'000'000;
    }
    return choice % 16 == 0 ? large[(choice >> 8) % large.size()] : small[(choice >> 8) % small.size()];
}

enum class Parts
{
    one,  // messages of one frame
    many, // of 2 to 4, and every 15th in turn of 2, 3, … 64
};

inline std::size_t frame_count(Parts parts, std::uint64_t seed, std::uint64_t index)
{
    if (parts == Parts::one)
    {
        return 1;
    }
    return 2 + (index % 15 == 5 ? index / 15 % 63 : mix(seed + index) % 3);
}

// What publishers and subscribers of the tests talk about.
inline constexpr const char* topic = "news/";
inline constexpr const char* other_topic = "new";
inline constexpr const char* probe = "news/probe"; // of one frame

// The messages of one exchange.
struct Content
{
    std::uint64_t seed = 1;
    Parts parts = Parts::many;
    // What publishers put before everything: a frame of its own, or the beginning of the only one.
    std::string prefix = {};
    // Empty frames get one byte: not every library knows the first empty frame of a request from a later one.
    bool without_empty = false;

    Frames message(std::uint64_t index) const
    {
        Frames frames = begun(prefix);
        const std::size_t count = frame_count(parts, seed, index);
        for (std::size_t frame = 0; frame < count; ++frame)
        {
            const std::size_t size = body_size(seed, index, frame);
            add(frames, body(seed, index, frame, size == 0 && without_empty ? 1 : size));
        }
        return frames;
    }

    // What begins with the other topic, for nobody.
    Frames unwanted() const
    {
        Frames frames = begun(other_topic);
        add(frames, " is not wanted");
        return frames;
    }

    // What is wrong with `frames`, from `first` on, as message `index`; empty when nothing is.
    std::string problem_with(const Frames& frames, std::size_t first, std::uint64_t index) const
    {
        const std::string where = "message " + std::to_string(index) + ": ";
        const Frames expected = message(index);
        if (frames.size() != expected.size() + first)
        {
            return where + std::to_string(frames.size()) + " frames instead of " +
                   std::to_string(expected.size() + first);
        }
        for (std::size_t frame = 0; frame < expected.size(); ++frame)
        {
            const std::string& found = frames[first + frame];
            if (found.size() != expected[frame].size())
            {
                return where + "frame " + std::to_string(frame) + " has " + std::to_string(found.size()) +
                       " bytes instead of " + std::to_string(expected[frame].size());
            }
            if (found != expected[frame])
            {
                return where + "frame " + std::to_string(frame) + " has the right size but wrong bytes";
            }
        }
        return {};
    }

private:
    static Frames begun(const std::string& text)
    {
        Frames frames;
        if (!text.empty())
        {
            frames.push_back(text);
        }
        return frames;
    }

    void add(Frames& frames, std::string frame) const
    {
        if (parts == Parts::one && !frames.empty())
        {
            frames.back() += frame;
        }
        else
        {
            frames.push_back(std::move(frame));
        }
    }
};

} // namespace interop
