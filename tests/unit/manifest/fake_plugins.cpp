#include "fake_plugins.hpp"

#include <spaceframe/plugin/abi.h>

#include <framework/manifest/reader.hpp>
#include <framework/manifest/source.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>

namespace fake_plugins
{
namespace
{

template <class Function>
struct Stub;

template <class Result, class... Arguments>
struct Stub<Result (*)(Arguments...)>
{
    static Result call(Arguments...)
    {
        if constexpr (!std::is_void_v<Result>)
        {
            return Result{};
        }
    }
};

template <class... Functions>
void fill(Functions&... functions)
{
    ((functions = &Stub<Functions>::call), ...);
}

sf_status check_tcp(const sf_host* host, const char* address, int32_t listening)
{
    const char* colon = std::strrchr(address, ':');
    char* end = nullptr;
    const long port = colon == nullptr ? -1 : std::strtol(colon + 1, &end, 10);
    if (colon == nullptr || end == colon + 1 || *end != '\0' || port < 0 || port > 65535)
    {
        host->set_error(host, SF_INVALID, 0, "expected HOST:PORT with a port from 0 to 65535");
        return SF_INVALID;
    }
    if (listening == 0 && address[0] == '*')
    {
        host->set_error(host, SF_INVALID, 0, "a wildcard cannot be dialled");
        return SF_INVALID;
    }
    return SF_OK;
}

sf_transport transport_table(bool tcp)
{
    sf_transport t{};
    t.size = sizeof(t);
    fill(t.create, t.destroy, t.check_address, t.listen, t.listener_address, t.listener_close, t.dial,
         t.dial_cancel, t.stream_attach, t.stream_flags, t.stream_read, t.stream_write, t.stream_wait,
         t.stream_close, t.stream_property);
    if (tcp)
    {
        t.check_address = &check_tcp;
    }
    return t;
}

sf_protocol protocol_table()
{
    sf_protocol t{};
    t.size = sizeof(t);
    t.flags = SF_PROTOCOL_BYTES;
    fill(t.create, t.destroy, t.session_open, t.session_close, t.start, t.decode, t.authorise, t.tick,
         t.encode, t.encoding_key, t.subscribe, t.cancel);
    return t;
}

sf_backpressure backpressure_table()
{
    sf_backpressure t{};
    t.size = sizeof(t);
    fill(t.create, t.destroy, t.try_acquire, t.wait, t.cancel, t.release, t.state);
    return t;
}

sf_reconnect reconnect_table()
{
    sf_reconnect t{};
    t.size = sizeof(t);
    fill(t.create, t.destroy, t.next_delay, t.reset);
    return t;
}

const sf_transport tcp_table = transport_table(true);
const sf_transport ipc_table = transport_table(false);
const sf_protocol protocol = protocol_table();
const sf_backpressure backpressure = backpressure_table();
const sf_reconnect reconnect = reconnect_table();

constexpr std::array tcp_options{
    sf_option{"sndbuf", SF_TYPE_BYTES, 0, "0", "0", "1GiB", nullptr, "Buffer"},
    sf_option{"backlog", SF_TYPE_INTEGER, 0, "100", "1", "65535", nullptr, "Backlog"},
    sf_option{"nodelay", SF_TYPE_BOOL, 0, "true", nullptr, nullptr, nullptr, "No delay"},
};
constexpr std::array ipc_options{
    sf_option{"mode", SF_TYPE_CHOICE, 0, "private", nullptr, nullptr, "private|shared", "Who may connect"},
};
constexpr std::array zmtp_options{
    sf_option{"heartbeat_ivl", SF_TYPE_DURATION, 0, "0ms", "0ms", "1h", nullptr, "Heartbeat"},
    sf_option{"handshake_ivl", SF_TYPE_DURATION, 0, "30s", "1ms", "1h", nullptr, "Handshake"},
};
constexpr std::array plain_options{
    sf_option{"prefix", SF_TYPE_INTEGER, 0, "4", "1", "8", nullptr, "Prefix"},
};
constexpr std::array semaphore_options{
    sf_option{"bytes", SF_TYPE_BYTES, 0, "10MB", "1KiB", "1GiB", nullptr, "Budget"},
};
constexpr std::array fixed_options{
    sf_option{"interval", SF_TYPE_DURATION, 0, "100ms", "1ms", "24h", nullptr, "Delay"},
};
constexpr std::array exponential_options{
    sf_option{"initial", SF_TYPE_DURATION, 0, "100ms", "1ms", "24h", nullptr, "First delay"},
    sf_option{"max", SF_TYPE_DURATION, 0, "30s", "0ms", "24h", nullptr, "Last delay"},
    sf_option{"jitter", SF_TYPE_PERCENT, 0, "25%", "0%", "100%", nullptr, "Jitter"},
};

template <std::size_t Count>
sf_role role(std::uint32_t kind, const char* name, const void* table,
             const std::array<sf_option, Count>& options)
{
    return {kind, sizeof(sf_option), name, "A role", table, options.data(), options.size()};
}

sf_role role(std::uint32_t kind, const char* name, const void* table)
{
    return {kind, sizeof(sf_option), name, "A role", table, nullptr, 0};
}

const std::array roles{
    role(SF_ROLE_TRANSPORT, "tcp", &tcp_table, tcp_options),
    role(SF_ROLE_TRANSPORT, "ipc", &ipc_table, ipc_options),
    role(SF_ROLE_PROTOCOL, "zmtp", &protocol, zmtp_options),
    role(SF_ROLE_PROTOCOL, "plain", &protocol, plain_options),
    role(SF_ROLE_BACKPRESSURE, "noop", &backpressure),
    role(SF_ROLE_BACKPRESSURE, "semaphore", &backpressure, semaphore_options),
    role(SF_ROLE_RECONNECT, "none", &reconnect),
    role(SF_ROLE_RECONNECT, "fixed", &reconnect, fixed_options),
    role(SF_ROLE_RECONNECT, "exponential", &reconnect, exponential_options),
};

const sf_plugin plugin{SF_PLUGIN_MAGIC, sizeof(sf_plugin), SF_ABI_MAJOR,         SF_ABI_MINOR,    "test",
                       "fakes",         "1.2.3",           "Plug-ins of a test", sizeof(sf_role), 0,
                       roles.data(),    roles.size()};

} // namespace

spaceframe::manifest::RegistryLoader loader()
{
    return [](const std::vector<std::filesystem::path>&)
    {
        const std::array descriptors{&plugin};
        return spaceframe::plugin_host::Registry::from_descriptors(descriptors);
    };
}

Outcome check(std::string text, spaceframe::ManifestForm form)
{
    spaceframe::manifest::Problems problems("m.info");
    Outcome outcome;
    if (spaceframe::manifest::check_source(text, problems))
    {
        if (auto document = spaceframe::manifest::read_document(text, form, problems))
        {
            document->file = "m.info";
            document->directory = std::filesystem::current_path();
            outcome.description = spaceframe::manifest::check_document(*document, loader(), problems);
        }
    }
    outcome.errors = problems.errors();
    outcome.warnings = problems.warnings();
    return outcome;
}

Outcome check_socket(std::string_view body)
{
    return check("spaceframe 1\nsockets\n{\na\n{\npattern dealer\n" + std::string(body) + "\n}\n}\n");
}

} // namespace fake_plugins
