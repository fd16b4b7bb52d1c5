#pragma once

#include <string>
#include <utility>

namespace spaceframe::testing
{

// A descriptor that is closed. Throws std::system_error, with `what`, for one that is negative.
class Descriptor
{
public:
    Descriptor(int number, const char* what);
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1))
    {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();

    int number() const noexcept
    {
        return number_;
    }

private:
    int number_;
};

// A network namespace with its loopback interface up. It has no name, and ends with whoever uses it. All that
// fails throws std::system_error.
class NetworkNamespace
{
public:
    // A new one.
    NetworkNamespace();

    // While it lives, the thread, and those that it starts, see this namespace.
    class Inside
    {
    public:
        explicit Inside(const NetworkNamespace& there);
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside();

    private:
        Descriptor before_;
    };

    // Makes a pair of veth interfaces: `here` in the namespace of the thread, `there` in this one. What comes
    // out of `there` is as it would be on a cable: cut to size, with its checksums.
    void make_veth(const std::string& here, const std::string& there) const;
    // The one IPv4 address of an interface of this namespace; its network is 10.0.0.0/8.
    void set_address(const std::string& interface, const std::string& address) const;
    void set_up(const std::string& interface, bool up) const;

private:
    Descriptor descriptor_;
};

// Of the namespace of the thread.
void set_interface_up(const std::string& interface, bool up);

} // namespace spaceframe::testing
