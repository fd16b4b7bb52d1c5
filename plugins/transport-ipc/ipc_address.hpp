#pragma once

#include <spaceframe/plugin/abi.h>

#include <string>
#include <string_view>

namespace spaceframe::ipc
{

// The longest path, or '@' and name, in bytes: what fits into a sockaddr_un beside its NUL.
inline constexpr std::size_t longest_path = 107;

// The address of an endpoint: the path of a socket file, or '@' and an abstract name (Linux: no file), or,
// for listening,
// `*`: a fresh path in a private folder.
// Throws plugin::Error with SF_INVALID. Does no I/O.
void check_path(std::string_view text, bool listening);

// The socket address of a checked path or abstract name.
sf_address socket_address(std::string_view path);

} // namespace spaceframe::ipc
