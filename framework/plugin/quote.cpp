#include "quote.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace spaceframe::plugin_host
{

std::string quote(std::string_view text)
{
    constexpr std::size_t longest = 80;
    std::string result = "\"";
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool continues = (byte & 0xC0u) == 0x80u;
        if (i >= longest && !continues)
        {
            return result + "…\"";
        }
        if (byte < 0x20 || byte == 0x7F)
        {
            result += fmt::format("\\x{:02x}", byte);
        }
        else
        {
            result += text[i];
        }
    }
    return result + '"';
}

} // namespace spaceframe::plugin_host
