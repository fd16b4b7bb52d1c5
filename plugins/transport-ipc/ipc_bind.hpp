#pragma once

#include <spaceframe/plugin/posix/descriptor.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>

#include <string>

#include <sys/types.h>

namespace spaceframe::ipc
{

// The file of a listening socket, and the private folder that was made for it. Removes both, unless somebody
// has put another file in its place meanwhile.
class SocketFile
{
public:
    SocketFile() = default;
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;
    ~SocketFile();

    // Makes a folder that only this user may enter, in $TMPDIR or /tmp; the path for a socket in it.
    // Throws plugin::Error.
    std::string make_private_path();

    // The file at `path` was just made by us.
    void adopt(const std::string& path);

private:
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    std::string folder_;
};

// A socket that listens on a checked path or abstract name (not `*`). A socket file that nobody listens on
// any more is replaced; one that is alive, or a file that is no socket, is not. `file` adopts what was made.
// Throws plugin::Error.
plugin::posix::Descriptor listening_socket(const std::string& path, int backlog,
                                           const plugin::posix::SocketKind& kind, SocketFile& file);

} // namespace spaceframe::ipc
