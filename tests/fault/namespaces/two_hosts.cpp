#include "two_hosts.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <sys/mount.h>

namespace spaceframe::testing
{
namespace
{

// Of our own file system, where nobody else writes.
constexpr const char* own_folder = "/mnt";
constexpr const char* own_file = "/mnt/hosts";

void mount_or_fail(const char* source, const char* target, const char* type, unsigned long flags)
{
    if (::mount(source, target, type, flags, nullptr) != 0)
    {
        throw std::system_error(errno, std::system_category(), std::string("mounting on ") + target);
    }
}

} // namespace

TwoHosts::TwoHosts(std::uint64_t seed)
{
    const NetworkNamespace::Inside inside(middle_);
    client.make_veth("client", interface);
    server.make_veth("server", interface);
    for (const char* end : {"client", "server"})
    {
        set_interface_up(end, true);
    }
    cable_ = std::make_unique<Cable>("client", "server", seed);
    client.set_address(interface, client_address);
    client.set_up(interface, true);
    server.set_address(interface, server_address);
    server.set_up(interface, true);
}

HostsFile::HostsFile()
{
    mount_or_fail("none", own_folder, "tmpfs", 0);
    const std::ofstream made(own_file);
    mount_or_fail(own_file, "/etc/hosts", nullptr, MS_BIND);
}

void HostsFile::set(const std::string& name, const std::string& address)
{
    std::ofstream file(own_file);
    file << address << ' ' << name << '\n';
    file.flush();
    if (!file)
    {
        throw std::runtime_error("the hosts file cannot be written");
    }
}

} // namespace spaceframe::testing
