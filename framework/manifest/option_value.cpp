#include <spaceframe/option_value.hpp>

#include <fmt/format.h>

#include <utility>

namespace spaceframe
{

OptionValue::OptionValue(std::string text) : text_(std::move(text))
{}

OptionValue::OptionValue(std::string_view text) : text_(text)
{}

OptionValue::OptionValue(const char* text) : text_(text)
{}

const std::string& OptionValue::text() const noexcept
{
    return text_;
}

std::string OptionValue::text_of(double value)
{
    return fmt::format("{}", value);
}

} // namespace spaceframe
