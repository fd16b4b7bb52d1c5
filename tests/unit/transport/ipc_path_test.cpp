#include "transport_fixture.hpp"

#include <spaceframe/plugin/posix/descriptor.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace spaceframe::transport_test
{

namespace
{

bool exists(const std::string& path)
{
    return std::filesystem::exists(std::filesystem::symlink_status(path));
}

// A socket file whose listener is gone, as a process that was killed leaves it.
void make_stale_socket(const std::string& path)
{
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    path.copy(un.sun_path, sizeof un.sun_path - 1);
    const plugin::posix::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&un), sizeof un) == 0);
}

class Environment
{
public:
    Environment(const char* name, const std::string& value)
        : name_(name)
        , before_(std::getenv(name) != nullptr ? std::getenv(name) : "")
    {
        ::setenv(name, value.c_str(), 1);
    }

    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    ~Environment()
    {
        before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1);
    }

private:
    const char* name_;
    std::string before_;
};

// Acts as a user without privileges for a while, where the tests run with them.
class Unprivileged
{
public:
    Unprivileged() : before_(::geteuid())
    {
        REQUIRE((before_ != 0 || ::seteuid(65534) == 0));
    }

    Unprivileged(const Unprivileged&) = delete;
    Unprivileged& operator=(const Unprivileged&) = delete;

    ~Unprivileged()
    {
        CHECK((before_ != 0 || ::seteuid(before_) == 0));
    }

private:
    uid_t before_;
};

} // namespace

TEST_CASE("a malformed ipc address is refused with what is wrong and what is right")
{
    struct BadAddress
    {
        std::string text;
        bool listening;
        const char* reason;
    };
    const BadAddress bad[] = {
        {"", true, "it is empty; write a path, or '@' and a name"},
        {"@", true, "an abstract name follows the '@'"},
        {"*", false, "'*' is for listening; to connect, give the path that the listener took"},
        {'/' + std::string(107, 'a'), true,
         "it has 108 bytes, and the system allows 107; choose a shorter path"},
        {'@' + std::string(199, 'a'), false,
         "it has 200 bytes, and the system allows 107; choose a shorter path"},
    };
    FakeHost host;
    const auto& table = *static_cast<const sf_transport*>(ipc_role.table);
    Transport transport(host, ipc_role);
    for (const BadAddress& address : bad)
    {
        CAPTURE(address.text);
        const std::string expected =
            "'" + address.text + "' is no address of a local socket: " + address.reason;
        CHECK(table.check_address(host.table(), address.text.c_str(), address.listening ? 1 : 0) ==
              SF_INVALID);
        CHECK(host.last_error().text == expected);
        if (address.listening)
        {
            Listening listening(transport, address.text);
            CHECK(listening.started == SF_INVALID);
        }
        else
        {
            Dialing dialing(transport, address.text);
            CHECK(dialing.started == SF_INVALID);
        }
        CHECK(host.last_error().text == expected);
    }
}

TEST_CASE("trap: ipc paths have up to 107 bytes, and a longer one is an error that says so")
{
    const TemporaryFolder folder;
    const std::string stem = folder / "";
    FakeHost host;
    Transport transport(host, ipc_role);
    for (const std::string& address : {stem + std::string(107 - stem.size(), 'p'),
                                       '@' + std::string(96, 'n') + std::to_string(::getpid() + 1000000000)})
    {
        CAPTURE(address);
        CHECK(address.size() == 107);
        Listening listening(transport, address);
        REQUIRE(listening.started == SF_OK);
        CHECK(listening.address() == address);
        Dialing dialing(transport, listening.address());
        REQUIRE(dialing.finish());
        CHECK(dialing.outcome.status == SF_OK);
    }
    Listening longer(transport, stem + std::string(108 - stem.size(), 'p'));
    CHECK(longer.started == SF_INVALID);
    CHECK(host.last_error().text.find("it has 108 bytes, and the system allows 107") != std::string::npos);
}

TEST_CASE("the socket file is there while the listener lives, and no longer")
{
    const TemporaryFolder folder;
    const std::string path = folder / "socket";
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening listening(transport, path);
    REQUIRE(listening.started == SF_OK);
    CHECK(exists(path));
    listening.close();
    CHECK_FALSE(exists(path));
}

TEST_CASE("trap: a stale socket file is probed, then removed")
{
    const TemporaryFolder folder;
    const std::string path = folder / "stale";
    make_stale_socket(path);
    const NoDescriptorLeaks leaks;
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening listening(transport, path);
    INFO(host.last_error().text);
    REQUIRE(listening.started == SF_OK);
    Dialing dialing(transport, path);
    REQUIRE(dialing.finish());
    CHECK(dialing.outcome.status == SF_OK);
}

TEST_CASE("trap: a live socket file is not removed")
{
    const TemporaryFolder folder;
    for (const std::string& address :
         {folder / "live", "@spaceframe-test-live-" + std::to_string(::getpid())})
    {
        CAPTURE(address);
        const NoDescriptorLeaks leaks;
        FakeHost host;
        Transport transport(host, ipc_role);
        Listening first(transport, address);
        REQUIRE(first.started == SF_OK);
        Listening second(transport, address);
        CHECK(second.started == SF_SYSTEM);
        CHECK(host.last_error().os_error == EADDRINUSE);
        CHECK(host.last_error().text ==
              "cannot listen on " + address +
                  ": Address already in use; another socket listens there: stop it, or "
                  "choose another path");
        Dialing dialing(transport, address);
        REQUIRE(dialing.finish());
        CHECK(dialing.outcome.status == SF_OK);
    }
}

TEST_CASE("a file that is no socket is not touched")
{
    const TemporaryFolder folder;
    const std::string path = folder / "letter";
    std::ofstream(path) << "dear reader";
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening listening(transport, path);
    CHECK(listening.started == SF_SYSTEM);
    CHECK(host.last_error().text ==
          "cannot listen on " + path +
              ": Address already in use; there is a file that is no socket: remove it, or "
              "choose another path");
    CHECK(std::filesystem::file_size(path) == 11);
}

TEST_CASE("a file that took the socket's place meanwhile survives the listener")
{
    const TemporaryFolder folder;
    const std::string path = folder / "socket";
    const std::string other = folder / "other";
    std::ofstream(other) << "mine";
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening listening(transport, path);
    std::filesystem::rename(other, path);
    listening.close();
    CHECK(exists(path));
}

TEST_CASE("a wildcard takes a path that only this user can reach, and removes it")
{
    const TemporaryFolder folder;
    const Environment environment("TMPDIR", folder.path());
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening first(transport, "*");
    Listening second(transport, "*");
    REQUIRE(first.started == SF_OK);
    REQUIRE(second.started == SF_OK);
    const std::string path = first.address();
    CHECK(path.starts_with(folder.path().string()));
    CHECK(path != second.address());
    struct stat status = {};
    REQUIRE(::stat(std::filesystem::path(path).parent_path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    first.close();
    second.close();
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a wildcard where nothing can be made is an error that says what to do")
{
    const TemporaryFolder folder;
    FakeHost host;
    Transport transport(host, ipc_role);
    {
        const Environment environment("TMPDIR", (folder / "missing"));
        Listening listening(transport, "*");
        CHECK(listening.started == SF_NOT_FOUND);
        CHECK(host.last_error().text ==
              "cannot make a folder for a socket in '" + (folder / "missing") +
                  "': No such file or directory; set TMPDIR to a folder that this user may "
                  "write to, or give a path instead of '*'");
    }
    const Environment environment("TMPDIR", '/' + std::string(90, 'x'));
    Listening listening(transport, "*");
    CHECK(listening.started == SF_INVALID);
    CHECK(host.last_error().text.find("its path would be longer than 107 bytes; set TMPDIR") !=
          std::string::npos);
}

TEST_CASE("a folder that is missing, no folder, or not writable is named")
{
    const TemporaryFolder folder;
    FakeHost host;
    Transport transport(host, ipc_role);
    {
        Listening listening(transport, (folder / "missing/socket"));
        CHECK(listening.started == SF_NOT_FOUND);
        CHECK(host.last_error().text == "cannot listen on " + (folder / "missing/socket") +
                                            ": No such file or directory; the folder '" +
                                            (folder / "missing") +
                                            "' does not exist: make it, or choose another path");
    }
    {
        std::ofstream(folder / "file") << "x";
        Listening listening(transport, (folder / "file/socket"));
        CHECK(listening.started == SF_SYSTEM);
        CHECK(host.last_error().text.ends_with("the folder '" + (folder / "file") +
                                               "' is no folder: choose another path"));
    }
    {
        std::filesystem::create_directory(folder / "closed");
        REQUIRE(::chmod((folder / "closed").c_str(), 0555) == 0);
        REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
        const Unprivileged user;
        Listening listening(transport, (folder / "closed/socket"));
        CHECK(listening.started == SF_SYSTEM);
        CHECK(host.last_error().os_error == EACCES);
        CHECK(host.last_error().text ==
              "cannot listen on " + (folder / "closed/socket") +
                  ": Permission denied; this user cannot make files in the folder '" + (folder / "closed") +
                  "': change its permissions, or choose another path");
    }
}

TEST_CASE("an abstract name leaves no file")
{
    const TemporaryFolder folder;
    const std::string name = "@spaceframe-test-abstract-" + std::to_string(::getpid());
    FakeHost host;
    Transport transport(host, ipc_role);
    Listening listening(transport, name);
    REQUIRE(listening.started == SF_OK);
    CHECK(listening.address() == name);
    CHECK_FALSE(exists(name));
}

} // namespace spaceframe::transport_test
