#include "names.hpp"

#include <algorithm>
#include <mutex>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#include <netdb.h>

namespace spaceframe::testing
{
namespace
{

using Ask = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

struct Script
{
    std::mutex mutex; // the kernel asks on threads of its own
    std::vector<std::vector<std::string>> answers;
    std::size_t asked = 0;
};

Script& script()
{
    static Script instance;
    return instance;
}

std::vector<std::string> next_answer()
{
    const std::lock_guard guard(script().mutex);
    const std::size_t at = script().asked++;
    return script().answers.empty() ? std::vector<std::string>()
                                    : script().answers[std::min(at, script().answers.size() - 1)];
}

Ask system_resolver()
{
    static const Ask ask = reinterpret_cast<Ask>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return ask;
}

// The lists of the system's for numbers, hung together.
int resolve(const char* service, const addrinfo& wanted, addrinfo** result)
{
    addrinfo hints = wanted;
    hints.ai_flags |= AI_NUMERICHOST;
    *result = nullptr;
    addrinfo** end = result;
    for (const std::string& address : next_answer())
    {
        if (const int code = system_resolver()(address.c_str(), service, &hints, end); code != 0)
        {
            return code;
        }
        while (*end != nullptr)
        {
            end = &(*end)->ai_next;
        }
    }
    return *result == nullptr ? EAI_NONAME : 0;
}

} // namespace

const std::string Names::node = "moving.spaceframe.test";

Names::Names(std::vector<std::vector<std::string>> answers)
{
    const std::lock_guard guard(script().mutex);
    script().answers = std::move(answers);
    script().asked = 0;
}

Names::~Names()
{
    const std::lock_guard guard(script().mutex);
    script().answers.clear();
}

std::size_t Names::asked() const
{
    const std::lock_guard guard(script().mutex);
    return script().asked;
}

} // namespace spaceframe::testing

// A definition in the program stands for that of the system, in its shared libraries, too, if it can be seen
// from there: clang hides it otherwise.
#pragma GCC visibility push(default)
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result)
{
    using namespace spaceframe::testing;
    if (node == nullptr || hints == nullptr || Names::node != node)
    {
        return system_resolver()(node, service, hints, result);
    }
    return (hints->ai_flags & AI_NUMERICHOST) != 0 ? EAI_NONAME : resolve(service, *hints, result);
}
#pragma GCC visibility pop
