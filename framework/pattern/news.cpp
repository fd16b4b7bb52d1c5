#include "pattern/news.hpp"

#include <algorithm>
#include <functional>

namespace spaceframe::pattern
{

std::vector<std::size_t> find_needless(std::span<News> news, bool of_each_peer)
{
    for (News& each : news)
    {
        each.peer = of_each_peer ? each.peer : 0;
        each.hash = std::hash<std::string_view>()(each.topic) + each.peer;
    }
    const auto same = [](const News& one, const News& other)
    {
        return one.hash == other.hash && one.peer == other.peer && one.topic == other.topic;
    };
    // By hash first: topics are scattered over the memory, and often begin alike.
    std::ranges::sort(news,
                      [](const News& one, const News& other)
                      {
                          if (one.hash != other.hash)
                          {
                              return one.hash < other.hash;
                          }
                          if (one.peer != other.peer)
                          {
                              return one.peer < other.peer;
                          }
                          const int order = one.topic.compare(other.topic);
                          return order != 0 ? order < 0 : one.place < other.place;
                      });
    std::vector<std::size_t> needless;
    const News* waits = nullptr; // a subscription that no cancellation has ended yet
    for (const News& each : news)
    {
        if (waits != nullptr && !same(*waits, each))
        {
            waits = nullptr;
        }
        if (!each.cancel)
        {
            if (waits != nullptr)
            {
                needless.push_back(each.place);
            }
            waits = waits != nullptr ? waits : &each;
        }
        else if (!each.turns)
        {
            needless.push_back(each.place);
        }
        else if (waits != nullptr)
        {
            needless.push_back(waits->place);
            if (waits->turns)
            {
                needless.push_back(each.place);
            }
            waits = nullptr;
        }
    }
    std::ranges::sort(needless);
    return needless;
}

} // namespace spaceframe::pattern
