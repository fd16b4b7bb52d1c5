#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::transport_test
{

using plugin::testing::FakeHost;
using plugin::testing::OptionValues;

extern const sf_role tcp_role;
extern const sf_role ipc_role;

// A folder of its own, removed at the end.
class TemporaryFolder
{
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    std::string operator/(std::string_view name) const
    {
        return path_ / name;
    }

    const std::filesystem::path& path() const
    {
        return path_;
    }

private:
    std::filesystem::path path_;
};

// One way to make connections; every test of the common suite runs over each.
struct Kind
{
    std::string name;
    const sf_role& role;
    std::string bind;
    std::string nobody; // an address to dial where nothing listens
};

// tcp on IPv4 and (where the machine has it) IPv6; ipc on a path, an abstract name and a wildcard.
std::vector<Kind> kinds(const TemporaryFolder& folder);

bool has_ipv6();

// The numbers of the descriptors that are open in this process.
std::vector<int> open_descriptors();

// Checks at its end that as many descriptors are open as at its beginning.
class NoDescriptorLeaks
{
public:
    NoDescriptorLeaks();
    NoDescriptorLeaks(const NoDescriptorLeaks&) = delete;
    NoDescriptorLeaks& operator=(const NoDescriptorLeaks&) = delete;
    ~NoDescriptorLeaks();

private:
    std::size_t before_;
};

// An instance of a role.
class Transport
{
public:
    Transport(FakeHost& host, const sf_role& role,
              std::initializer_list<OptionValues::Setting> settings = {});
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport();

    const sf_transport* operator->() const
    {
        return &table_;
    }

    sf_transport_instance* instance() const
    {
        return instance_;
    }

    FakeHost& host() const
    {
        return host_;
    }

private:
    FakeHost& host_;
    const sf_transport& table_;
    sf_transport_instance* instance_ = nullptr;
};

// What came through a callback, with the error that was set then.
struct Outcome
{
    int calls = 0;
    sf_status status = SF_OK;
    FakeHost::Error error;
    FakeHost* host = nullptr;

    static void on_done(void* context, sf_status status);
};

// A dial; closes the stream if nobody takes it.
class Dialing
{
public:
    Dialing(Transport& transport, const std::string& address);
    Dialing(const Dialing&) = delete;
    Dialing& operator=(const Dialing&) = delete;
    ~Dialing();

    // Runs until the dial has called back.
    bool finish();
    void cancel();
    sf_stream* take();

    sf_status started = SF_OK; // what `dial` returned
    Outcome outcome;
    sf_stream* stream = nullptr;

private:
    static void on_dialed(void* context, sf_status status, sf_stream* stream);

    Transport& transport_;
    sf_dial* dial_ = nullptr;
};

// A listener; closes the streams that nobody takes.
class Listening
{
public:
    Listening(Transport& transport, const std::string& address);
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening();

    std::string address() const;
    sf_stream* take();
    void close();

    sf_status started = SF_OK; // what `listen` returned
    std::vector<sf_stream*> streams;
    std::vector<FakeHost::Error> failures;
    bool close_when_accepting = false;

private:
    static void on_accepted(void* context, sf_status status, sf_stream* stream);

    Transport& transport_;
    sf_listener* listener_ = nullptr;
};

// A stream that is attached to the host's loop.
class Stream
{
public:
    Stream(Transport& transport, sf_stream* stream);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    sf_result write(std::string_view bytes);
    sf_result read(char* buffer, std::size_t capacity);
    // Reads until there are `size` bytes or the stream ends.
    std::string read_all(std::size_t size);
    void wait(std::uint32_t direction, Outcome& outcome);
    bool run_until_ready(std::uint32_t direction);
    // The property, or "(none)".
    std::string property(const char* name);
    void close();
    sf_stream* handle() const;

private:
    Transport& transport_;
    sf_stream* stream_;
};

// A listener and a connection to it.
class Connection
{
public:
    Connection(FakeHost& host, const Kind& kind, std::initializer_list<OptionValues::Setting> settings = {});

    Transport transport;
    Listening listening;
    std::unique_ptr<Stream> dialled;
    std::unique_ptr<Stream> accepted;
};

} // namespace spaceframe::transport_test
