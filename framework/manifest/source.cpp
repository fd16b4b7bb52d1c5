#include "source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <istream>
#include <memory>
#include <string_view>
#include <system_error>

namespace spaceframe::manifest
{
namespace
{

struct Closer
{
    void operator()(std::FILE* file) const
    {
        std::fclose(file);
    }
};

std::string error_text(int code)
{
    return std::generic_category().message(code);
}

// The length of the UTF-8 sequence that `text` starts with; 0 when it is none (RFC 3629).
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t i)
    {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto continues = [&](std::size_t i)
    {
        return (byte(i) & 0xC0u) == 0x80u;
    };
    const unsigned first = byte(0);
    if (first < 0x80)
    {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF)
    {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF)
    {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4)
    {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool too_high = first == 0xF4 && byte(1) > 0x8F;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    const bool blank = c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    return (byte < 0x20 && !blank) || byte == 0x7F;
}

std::nullopt_t refuse_size(Problems& problems)
{
    problems.error(0, "", fmt::format("has more than {} MiB; that is no manifest", largest_source >> 20u));
    return std::nullopt;
}

} // namespace

std::optional<std::string> read_source(const std::filesystem::path& file, Problems& problems)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
    {
        problems.error(0, "", "is a directory; expected the file of a manifest");
        return std::nullopt;
    }
    if (std::filesystem::is_regular_file(file, ignored))
    {
        const std::uintmax_t size = std::filesystem::file_size(file, ignored);
        if (!ignored && size > largest_source)
        {
            return refuse_size(problems);
        }
    }
    const std::unique_ptr<std::FILE, Closer> handle(std::fopen(file.c_str(), "rbe"));
    if (!handle)
    {
        problems.error(0, "", "cannot be opened: " + error_text(errno));
        return std::nullopt;
    }
    std::string text;
    std::array<char, 65536> buffer;
    while (text.size() <= largest_source)
    {
        const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), handle.get());
        text.append(buffer.data(), count);
        if (count < buffer.size())
        {
            if (std::ferror(handle.get()) != 0)
            {
                problems.error(0, "", "cannot be read: " + error_text(errno));
                return std::nullopt;
            }
            break;
        }
    }
    if (text.size() > largest_source)
    {
        return refuse_size(problems);
    }
    return text;
}

std::optional<std::string> read_source(std::istream& stream, Problems& problems)
{
    if (!stream)
    {
        problems.error(0, "", "cannot be read: the stream had failed before; was it opened?");
        return std::nullopt;
    }
    // A stream of our own on the buffer does not throw, whatever the host asked of its own.
    std::istream reader(stream.rdbuf());
    std::string text;
    std::array<char, 65536> buffer;
    while (reader && text.size() <= largest_source)
    {
        reader.read(buffer.data(), buffer.size());
        text.append(buffer.data(), static_cast<std::size_t>(reader.gcount()));
    }
    if (reader.bad())
    {
        problems.error(0, "", "cannot be read: the stream failed");
        return std::nullopt;
    }
    if (text.size() > largest_source)
    {
        return refuse_size(problems);
    }
    return text;
}

std::size_t find_no_text(std::string_view text)
{
    for (std::string_view rest = text; !rest.empty();)
    {
        const std::size_t length = sequence_length(rest);
        if (length == 0 || is_control(rest.front()))
        {
            return text.size() - rest.size();
        }
        rest.remove_prefix(length);
    }
    return std::string_view::npos;
}

bool check_source(std::string& text, Problems& problems)
{
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark))
    {
        text.erase(0, byte_order_mark.size());
    }
    if (text.find_first_not_of(" \t\r\n\v\f") == std::string::npos)
    {
        problems.error(0, "", "is empty; a manifest starts with \"spaceframe 1\"");
        return false;
    }
    const std::size_t at = find_no_text(text);
    if (at != std::string::npos)
    {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(at);
        problems.error(static_cast<int>(std::count(text.begin(), end, '\n')) + 1, "",
                       fmt::format("is not text: byte 0x{:02x}; expected UTF-8 without control characters",
                                   static_cast<unsigned char>(text[at])));
        return false;
    }
    return true;
}

} // namespace spaceframe::manifest
