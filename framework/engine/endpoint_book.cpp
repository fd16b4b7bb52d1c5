#include "engine/endpoint_book.hpp"

#include <algorithm>
#include <cstddef>

namespace spaceframe::engine
{

using Status = EndpointState::Status;

void EndpointBook::plan(bool bind, std::string_view name)
{
    entries_.push_back(std::make_shared<EndpointState>(EndpointState{bind, std::string(name)}));
}

EndpointBook::Entry EndpointBook::open(bool bind, std::string_view name)
{
    const auto same = [&](const Entry& entry, Status status)
    {
        return entry->status == status && entry->bind == bind && entry->name == name;
    };
    const auto planned = std::find_if(entries_.begin(), entries_.end(),
                                      [&](const Entry& entry)
                                      {
                                          return same(entry, Status::planned);
                                      });
    if (planned != entries_.end())
    {
        (*planned)->status = Status::opening;
        return *planned;
    }
    auto entry = std::make_shared<EndpointState>(EndpointState{bind, std::string(name), Status::opening});
    entries_.reserve(entries_.size() + 1);
    std::erase_if(entries_,
                  [&](const Entry& old)
                  {
                      return same(old, Status::failed);
                  });
    entries_.push_back(entry);
    return entry;
}

EndpointBook::Entry EndpointBook::adopt(std::string_view name)
{
    constexpr std::ptrdiff_t most_ended = 100;
    const auto ended = [](const Entry& entry)
    {
        return entry->adopted && entry->status == Status::failed;
    };
    auto entry = std::make_shared<EndpointState>(EndpointState{false, std::string(name), Status::opening});
    entry->adopted = true;
    entries_.push_back(entry);
    if (std::count_if(entries_.begin(), entries_.end(), ended) > most_ended)
    {
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), ended));
    }
    return entry;
}

void EndpointBook::remove(const Entry& entry) noexcept
{
    std::erase(entries_, entry);
}

EndpointBook::Entry EndpointBook::find(std::string_view name) const noexcept
{
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const Entry& entry)
                                    {
                                        return entry->bears(name);
                                    });
    return found == entries_.rend() ? nullptr : *found;
}

std::vector<std::string> EndpointBook::names() const
{
    std::vector<std::string> names;
    for (const Entry& entry : entries_)
    {
        if (!entry->adopted && std::find(names.begin(), names.end(), entry->name) == names.end())
        {
            names.push_back(entry->name);
        }
    }
    return names;
}

std::vector<std::string> EndpointBook::bound() const
{
    std::vector<std::string> endpoints;
    for (const Entry& entry : entries_)
    {
        if (entry->bind && entry->status == Status::ready)
        {
            endpoints.push_back(entry->bound);
        }
    }
    return endpoints;
}

} // namespace spaceframe::engine
