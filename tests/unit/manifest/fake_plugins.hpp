#pragma once

#include <spaceframe/manifest.hpp>

#include <framework/manifest/checker.hpp>

#include <string>
#include <string_view>
#include <vector>

// Plug-ins that exist only as descriptors, so that the checker is tested without a file or a socket:
//
//     transports   tcp (sndbuf, backlog, nodelay), ipc (mode); addresses of tcp are HOST:PORT with 0 to 65535
//     protocols    zmtp (heartbeat_ivl, handshake_ivl), plain (prefix)
//     backpressure noop, semaphore (bytes)
//     reconnect    none, fixed (interval), exponential (initial, max, jitter)
namespace fake_plugins
{

spaceframe::manifest::RegistryLoader loader();

// What checking a manifest led to.
struct Outcome
{
    std::shared_ptr<const spaceframe::manifest::Description> description; // nullptr when there are errors
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
};

// The manifest's file is called "m.info", whatever its form, and lies in the working directory.
Outcome check(std::string text, spaceframe::ManifestForm form = spaceframe::ManifestForm::info);

// With `spaceframe 1` in line 1 and `sockets { a { pattern dealer ... } }` around the lines of `body`, which
// begin at line 7.
Outcome check_socket(std::string_view body);

} // namespace fake_plugins
