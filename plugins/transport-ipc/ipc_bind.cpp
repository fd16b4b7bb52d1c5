#include "ipc_bind.hpp"

#include "ipc_address.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>

#include <cstdlib>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spaceframe::ipc
{

namespace
{

using plugin::posix::Descriptor;
using plugin::posix::failure;

[[noreturn]] void fail(const std::string& path, int os_error, const std::string& remedy)
{
    throw failure("cannot listen on " + path, os_error, remedy);
}

Descriptor open_socket(const std::string& path)
{
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
    {
        throw failure("cannot make a socket for " + path, errno);
    }
    return socket;
}

bool try_bind(const Descriptor& socket, const sf_address& address)
{
    return ::bind(socket.get(), plugin::posix::as_sockaddr(address), address.length) == 0;
}

std::string folder_of(const std::string& path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

[[noreturn]] void fail_bind(const std::string& path, int os_error)
{
    const std::string folder = "the folder '" + folder_of(path) + "'";
    switch (os_error)
    {
    case EADDRINUSE:
        fail(path, os_error, "another socket listens there: stop it, or choose another path");
    case ENOENT:
        fail(path, os_error, folder + " does not exist: make it, or choose another path");
    case ENOTDIR:
        fail(path, os_error, folder + " is no folder: choose another path");
    case EACCES:
    case EPERM:
    case EROFS:
        fail(path, os_error,
             "this user cannot make files in " + folder + ": change its permissions, or choose another path");
    default:
        fail(path, os_error, "");
    }
}

// Removes the file at `path` if it is a socket on which nobody listens; otherwise throws.
void remove_stale(const std::string& path, const sf_address& address)
{
    struct stat before = {};
    if (::lstat(path.c_str(), &before) != 0)
    {
        return;
    }
    if (!S_ISSOCK(before.st_mode))
    {
        fail(path, EADDRINUSE, "there is a file that is no socket: remove it, or choose another path");
    }
    const Descriptor probe = open_socket(path);
    if (::connect(probe.get(), plugin::posix::as_sockaddr(address), address.length) == 0 || errno == EAGAIN)
    {
        fail_bind(path, EADDRINUSE);
    }
    if (errno != ECONNREFUSED && errno != ENOENT)
    {
        fail(path, errno,
             "there is a socket file of which cannot be said whether somebody listens: remove it if not");
    }
    // Another process may have replaced the stale file since: that one is alive.
    struct stat now = {};
    if (::lstat(path.c_str(), &now) == 0 && now.st_ino == before.st_ino && now.st_dev == before.st_dev &&
        ::unlink(path.c_str()) != 0)
    {
        fail(path, errno, "a stale socket file is there, which this user cannot remove");
    }
}

} // namespace

SocketFile::~SocketFile()
{
    struct stat now = {};
    if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == inode_ && now.st_dev == device_)
    {
        ::unlink(path_.c_str());
    }
    if (!folder_.empty())
    {
        ::rmdir(folder_.c_str());
    }
}

std::string SocketFile::make_private_path()
{
    const char* const chosen = std::getenv("TMPDIR");
    const std::string parent = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
    std::string folder = parent + "/spaceframe-XXXXXX";
    if (folder.size() + sizeof "/socket" - 1 > longest_path)
    {
        throw plugin::Error(SF_INVALID,
                            "cannot make a socket in '" + parent + "': its path would be longer than " +
                                std::to_string(longest_path) +
                                " bytes; set TMPDIR to a shorter one, or give a path instead of '*'");
    }
    if (::mkdtemp(folder.data()) == nullptr)
    {
        throw failure("cannot make a folder for a socket in '" + parent + "'", errno,
                      "set TMPDIR to a folder that this user may write to, or give a path instead of '*'");
    }
    folder_ = folder;
    return folder + "/socket";
}

void SocketFile::adopt(const std::string& path)
{
    struct stat made = {};
    if (::lstat(path.c_str(), &made) == 0)
    {
        path_ = path;
        device_ = made.st_dev;
        inode_ = made.st_ino;
    }
}

Descriptor listening_socket(const std::string& path, int backlog, const plugin::posix::SocketKind& kind,
                            SocketFile& file)
{
    const sf_address address = socket_address(path);
    const bool abstract = path.starts_with('@');
    Descriptor socket = open_socket(path);
    kind.prepare(socket.get());
    bool bound = try_bind(socket, address);
    if (!bound && errno == EADDRINUSE && !abstract)
    {
        remove_stale(path, address);
        bound = try_bind(socket, address);
    }
    if (!bound)
    {
        fail_bind(path, errno);
    }
    if (!abstract)
    {
        file.adopt(path);
    }
    if (::listen(socket.get(), backlog) != 0)
    {
        fail(path, errno, "");
    }
    return socket;
}

} // namespace spaceframe::ipc
