#include "nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

// Nobody mistypes a name of more letters; a longer word costs time and finds nothing.
constexpr std::size_t longest_word = 64;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(char left, char right)
{
    return lower(left) == lower(right);
}

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right)
{
    std::vector<std::size_t> before(right.size() + 1);
    std::vector<std::size_t> above(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i)
    {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j)
        {
            const std::size_t replaced = above[j - 1] + (same(left[i - 1], right[j - 1]) ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && same(left[i - 1], right[j - 2]) && same(left[i - 2], right[j - 1]))
            {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[right.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& names)
{
    if (word.size() > longest_word)
    {
        return {};
    }
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string result;
    for (const std::string& name : names)
    {
        const std::size_t distance = edit_distance(word, name);
        if (distance < best && distance < name.size())
        {
            best = distance;
            result = name;
        }
    }
    return result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& names)
{
    const std::string name = nearest(word, names);
    return name.empty() ? std::string() : "; did you mean \"" + name + "\"?";
}

} // namespace spaceframe::manifest
