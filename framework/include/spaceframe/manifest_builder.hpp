#pragma once

#include <spaceframe/config.hpp>
#include <spaceframe/manifest.hpp>
#include <spaceframe/option_value.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{

namespace manifest
{
struct Document;
} // namespace manifest

/// A policy of a manifest that is being built. Copies, also those that outlive the builder, name the same
/// policy.
class SPACEFRAME_API PolicyBuilder
{
public:
    /// An option of the role that the policy uses.
    PolicyBuilder& option(std::string_view key, const OptionValue& value);

private:
    friend class ManifestBuilder;
    PolicyBuilder(std::shared_ptr<manifest::Document> document, std::size_t index);

    std::shared_ptr<manifest::Document> document_;
    std::size_t index_; // in its section
};

/// A socket of a manifest that is being built. Copies, also those that outlive the builder, name the same
/// socket.
class SPACEFRAME_API SocketBuilder
{
public:
    /// An endpoint to listen at or to dial: "tcp://127.0.0.1:5555". `overrides` are what a block at an
    /// endpoint may hold, options and `protocol`, `reconnect`, and count for this endpoint alone:
    ///
    ///     socket.connect("tcp://broker:5555", {{"reconnect_ivl", 50ms}, {"send_hwm", 100}});
    SocketBuilder& bind(std::string_view endpoint, const std::vector<Option>& overrides = {});
    SocketBuilder& connect(std::string_view endpoint, const std::vector<Option>& overrides = {});

    /// What is spoken: the name of a protocol.
    SocketBuilder& protocol(std::string_view name);
    /// The name of a policy, or of a role with its defaults; a policy of that name wins.
    SocketBuilder& backpressure(std::string_view name);
    SocketBuilder& reconnect(std::string_view name);

    /// An option of the socket, or of a transport, protocol or policy that it uses; docs/manifest.md lists
    /// those of the kernel, `spaceframe plugins --options` those of plug-ins.
    SocketBuilder& option(std::string_view key, const OptionValue& value);

private:
    friend class ManifestBuilder;
    SocketBuilder(std::shared_ptr<manifest::Document> document, std::size_t index);

    SocketBuilder& endpoint(const char* key, std::string_view uri, const std::vector<Option>& overrides);

    std::shared_ptr<manifest::Document> document_;
    std::size_t index_; // in its section
};

/// A manifest in code. Whatever a manifest can say, it can; names, defaults, rules and errors are those of
/// docs/manifest.md.
///
///     spaceframe::ManifestBuilder builder;
///     builder.backpressure_policy("budget", "semaphore").option("bytes", 64_MiB);
///     builder.socket("frontend", "router").bind("tcp://127.0.0.1:5555").backpressure("budget");
///     builder.socket("backend", "dealer").bind("ipc:///tmp/workers.ipc");
///     builder.proxy("broker", "frontend", "backend");
///     spaceframe::Kernel kernel(builder.build());
///
/// Nothing is checked before build(). Any thread, but one at a time, the builders of sockets and policies
/// included. One that was moved from can only be assigned to or destroyed.
class SPACEFRAME_API ManifestBuilder
{
public:
    /// `name` is what messages begin with, in the place of a file's name; empty for none. A relative `search`
    /// starts at `directory` (empty: the working directory).
    explicit ManifestBuilder(std::string name = {}, std::filesystem::path directory = {});
    ManifestBuilder(ManifestBuilder&& other) noexcept;
    ManifestBuilder& operator=(ManifestBuilder&& other) noexcept;
    ManifestBuilder(const ManifestBuilder&) = delete;
    ManifestBuilder& operator=(const ManifestBuilder&) = delete;
    ~ManifestBuilder();

    /// Loops with a thread of their own; 0 for none: whoever calls drives.
    ManifestBuilder& threads(unsigned count);
    /// How long whoever waits on a loop polls before it sleeps, 0 to 1 s: less latency for more CPU. A loop
    /// that polls in vain does so ever less often. Left out: 50 us with threads 0, else 0.
    ManifestBuilder& spin(std::chrono::nanoseconds duration);
    /// The budget that all sockets share, beside their own: the name of a policy, or of a role with its
    /// defaults. Left out: none.
    ManifestBuilder& backpressure(std::string_view name);
    /// A folder in which plug-ins are looked for first; any number of times.
    ManifestBuilder& search(const std::filesystem::path& folder);

    /// A policy that sockets share by `name`; `use` is the role, such as "semaphore" or "exponential".
    PolicyBuilder backpressure_policy(std::string_view name, std::string_view use);
    PolicyBuilder reconnect_policy(std::string_view name, std::string_view use);

    /// A socket; `pattern` is "push", "router", ….
    SocketBuilder socket(std::string_view name, std::string_view pattern);

    /// Whatever one of the two sockets receives the other sends.
    ManifestBuilder& proxy(std::string_view name, std::string_view front, std::string_view back);

    /// Checks everything and loads the plug-ins, as Manifest::load does; may be called again, also after
    /// more was added. Throws ManifestError with all that is wrong, "NAME: path.of.key: what was found, what
    /// was expected"; the second of a socket's endpoints is `bind[2]`.
    Manifest build() const;

private:
    friend struct manifest::Access;

    PolicyBuilder policy(const char* role, std::string_view name, std::string_view use);

    std::shared_ptr<manifest::Document> document_;
};

} // namespace spaceframe
