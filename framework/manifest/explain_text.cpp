#include "explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

// A value as INFO takes it: in quotes where a word would not do, and safe from variables.
std::string info_value(std::string_view text)
{
    std::string safe;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        safe += text.substr(i).starts_with("${") ? "$$" : std::string(1, text[i]);
    }
    if (!safe.empty() && safe.find_first_of(" \t\r\n\v\f;{}\"\\#") == std::string::npos)
    {
        return safe;
    }
    std::string quoted = "\"";
    for (const char c : safe)
    {
        constexpr std::string_view special = "\a\b\f\n\r\t\v\"\\";
        constexpr std::string_view letters = "abfnrtv\"\\";
        const std::size_t index = special.find(c);
        quoted += index == std::string_view::npos ? std::string(1, c) : std::string{'\\', letters[index]};
    }
    return quoted + '"';
}

std::string strut(const plugin_host::Role& role)
{
    const plugin_host::Plugin& plugin = *role.plugin;
    return fmt::format("{} of {} {}, {}", role.name, plugin.name, plugin.version,
                       plugin.file.empty() ? std::string("built in") : plugin.file.string());
}

class Writer
{
public:
    std::string write(const Description& description)
    {
        if (!description.file.empty())
        {
            comment(description.file);
        }
        line("spaceframe", "1");
        write_kernel(description);
        write_plugins(description);
        write_policies(description);
        write_sockets(description);
        write_proxies(description);
        return std::move(text_);
    }

private:
    void write_kernel(const Description& description)
    {
        open("kernel");
        plugin_host::Value threads;
        threads.integer = description.threads;
        plugin_host::Value spin;
        spin.integer = description.spin.count();
        line(kernel_options()[0].key, plugin_host::format_value(kernel_options()[0], threads));
        line(kernel_options()[1].key, plugin_host::format_value(kernel_options()[1], spin));
        if (const plugin_host::Role* const role = description.backpressure.role)
        {
            const std::string& policy = description.backpressure.policy;
            line(kernel_options()[2].key, policy.empty() ? role->name : policy, strut(*role));
        }
        close();
    }

    void write_plugins(const Description& description)
    {
        if (description.search.empty())
        {
            return;
        }
        open("plugins");
        for (const std::string& folder : description.search)
        {
            line("search", folder);
        }
        close();
    }

    void write_policies(const Description& description)
    {
        if (description.policies.empty())
        {
            return;
        }
        open("policies");
        for (const PolicyDescription& policy : description.policies)
        {
            open(policy.name);
            line("role", plugin_host::role_name(policy.kind));
            line("use", policy.use.role->name, strut(*policy.use.role));
            write_options(policy.use);
            close();
        }
        close();
    }

    void write_sockets(const Description& description)
    {
        if (description.sockets.empty())
        {
            return;
        }
        open("sockets");
        for (const SocketDescription& socket : description.sockets)
        {
            open(socket.name);
            line("pattern", socket.pattern);
            write_role("backpressure", socket.backpressure);
            write_settings(socket.settings, Scope::socket, socket.pattern);
            if (socket.endpoints.empty())
            {
                write_role("protocol", socket.protocol);
                write_role("reconnect", socket.reconnect);
                write_settings(socket.settings, Scope::endpoint, socket.pattern);
            }
            for (const Endpoint& endpoint : socket.endpoints)
            {
                write_endpoint(endpoint, socket.pattern);
            }
            close();
        }
        close();
    }

    void write_endpoint(const Endpoint& endpoint, const std::string& pattern)
    {
        open(endpoint.bind ? "bind" : "connect");
        line("endpoint", endpoint.uri, strut(*endpoint.transport.role));
        write_options(endpoint.transport);
        write_role("protocol", endpoint.protocol);
        if (endpoint.reconnect.role != nullptr)
        {
            write_role("reconnect", endpoint.reconnect);
        }
        write_settings(endpoint.settings, Scope::endpoint, pattern);
        close();
    }

    void write_proxies(const Description& description)
    {
        if (description.proxies.empty())
        {
            return;
        }
        open("proxies");
        for (const ProxyDescription& proxy : description.proxies)
        {
            open(proxy.name);
            line("front", proxy.front);
            line("back", proxy.back);
            close();
        }
        close();
    }

    void write_role(std::string_view key, const RoleUse& use)
    {
        line(key, use.policy.empty() ? use.role->name : use.policy, strut(*use.role));
        if (use.policy.empty())
        {
            write_options(use);
        }
    }

    void write_options(const RoleUse& use)
    {
        for (std::size_t i = 0; i < use.values.size(); ++i)
        {
            line(use.role->options[i].key, plugin_host::format_value(use.role->options[i], use.values[i]));
        }
    }

    void write_settings(const Settings& settings, Scope scope, const std::string& pattern)
    {
        for (const SettingRow& row : setting_rows())
        {
            const bool stored = !std::holds_alternative<std::monostate>(row.field);
            if (row.scope != scope || !stored || !applies_to(row, pattern))
            {
                continue;
            }
            if (is_list(row))
            {
                for (const std::string& value : list_of(settings, row))
                {
                    line(row.option.key, value);
                }
            }
            else
            {
                line(row.option.key, format_setting(settings, row));
            }
        }
    }

    void comment(std::string_view text)
    {
        text_ += fmt::format("; {}\n", text);
    }

    void line(std::string_view key, std::string_view value, std::string_view comment = {})
    {
        text_ += fmt::format("{}{} {}{}{}\n", indent_, key, info_value(value), comment.empty() ? "" : " ; ",
                             comment);
    }

    void open(std::string_view key)
    {
        text_ += fmt::format("{0}{1}\n{0}{{\n", indent_, key);
        indent_ += "    ";
    }

    void close()
    {
        indent_.resize(indent_.size() - 4);
        text_ += indent_ + "}\n";
    }

    std::string text_;
    std::string indent_;
};

} // namespace

std::string explain_text(const Description& description)
{
    return Writer().write(description);
}

} // namespace spaceframe::manifest
