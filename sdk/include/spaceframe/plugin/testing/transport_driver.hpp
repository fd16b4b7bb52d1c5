#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace spaceframe::plugin::testing
{

// Drives a transport as the kernel does, through its role's table, in the test's own thread:
//
//     FakeHost host;
//     TransportDriver transport(host, role);
//     transport.listen("/tmp/a");
//     auto dialled = transport.dial("/tmp/a");
//     auto accepted = transport.accept();
//     dialled.write("hello");
//     CHECK(accepted.read(5) == "hello");
//
// What fails where it should not throws std::runtime_error with the reason that the plug-in gave. Objects end
// in the opposite order of their beginning, all before the host.
class TransportDriver
{
public:
    // One end of a connection.
    class Stream
    {
    public:
        Stream(TransportDriver& driver, sf_stream* stream) : driver_(&driver), stream_(stream)
        {
            driver.expect(driver.table_.stream_attach(stream, driver.host_.loop()), "stream_attach");
        }

        Stream(Stream&& other) noexcept
            : driver_(other.driver_)
            , stream_(std::exchange(other.stream_, nullptr))
        {}

        Stream& operator=(Stream&&) = delete;

        ~Stream()
        {
            close();
        }

        // Writes all of it, waiting where that takes time.
        void write(std::string_view bytes)
        {
            while (!bytes.empty())
            {
                const sf_result taken = try_write(bytes);
                if (taken == -SF_WOULD_BLOCK)
                {
                    driver_->expect(wait(SF_WRITABLE), "stream_wait");
                    continue;
                }
                driver_->expect(taken < 0 ? static_cast<sf_status>(-taken) : SF_OK, "stream_write");
                bytes.remove_prefix(static_cast<std::size_t>(taken));
            }
        }

        // Reads so many bytes; fewer when the stream ends.
        std::string read(std::size_t size)
        {
            std::string all;
            while (all.size() < size)
            {
                std::array<std::uint8_t, 4096> buffer;
                const sf_result count = try_read(buffer.data(), std::min(buffer.size(), size - all.size()));
                if (count == -SF_WOULD_BLOCK)
                {
                    driver_->expect(wait(SF_READABLE), "stream_wait");
                    continue;
                }
                if (count == -SF_CLOSED)
                {
                    break;
                }
                driver_->expect(count < 0 ? static_cast<sf_status>(-count) : SF_OK, "stream_read");
                all.append(buffer.begin(), buffer.begin() + count);
            }
            return all;
        }

        // One call of the transport.
        sf_result try_write(std::string_view bytes)
        {
            const sf_iov entry{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nullptr, 0,
                               0};
            return driver_->table_.stream_write(stream_, &entry, 1);
        }

        sf_result try_read(std::uint8_t* buffer, std::size_t capacity)
        {
            std::uint32_t flags = 0;
            return driver_->table_.stream_read(stream_, buffer, capacity, &flags);
        }

        // Waits until the stream is ready; the status of the callback.
        sf_status wait(std::uint32_t direction)
        {
            Outcome outcome;
            driver_->table_.stream_wait(stream_, direction, &Outcome::on_done, &outcome);
            driver_->run_until(outcome.done, "stream_wait");
            return outcome.status;
        }

        // Begins to wait; `close` ends it. What the wait came to, once the host has run.
        std::shared_ptr<const sf_status> begin_wait(std::uint32_t direction)
        {
            auto status = std::make_shared<sf_status>(SF_WOULD_BLOCK);
            auto* const kept = new std::shared_ptr<sf_status>(status);
            driver_->table_.stream_wait(
                stream_, direction,
                [](void* context, sf_status result)
                {
                    const std::unique_ptr<std::shared_ptr<sf_status>> taken(
                        static_cast<std::shared_ptr<sf_status>*>(context));
                    **taken = result;
                },
                kept);
            return status;
        }

        // The property, empty when the stream has none of this name.
        std::string property(const char* name)
        {
            std::array<char, 4096> buffer{};
            const sf_result length =
                driver_->table_.stream_property(stream_, name, buffer.data(), buffer.size());
            return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
        }

        void close()
        {
            if (stream_ != nullptr)
            {
                driver_->table_.stream_close(std::exchange(stream_, nullptr));
                driver_->host_.drain();
            }
        }

    private:
        TransportDriver* driver_;
        sf_stream* stream_;
    };

    TransportDriver(FakeHost& host, const sf_role& role,
                    std::initializer_list<OptionValues::Setting> settings = {})
        : host_(host)
        , table_(*static_cast<const sf_transport*>(role.table))
    {
        const OptionValues values(role, settings);
        expect(table_.create(host.table(), values.data(), values.size(), &instance_), "create");
    }

    TransportDriver(const TransportDriver&) = delete;
    TransportDriver& operator=(const TransportDriver&) = delete;

    ~TransportDriver()
    {
        close_listener();
        for (sf_stream* const stream : accepted_)
        {
            table_.stream_close(stream);
        }
        host_.drain();
        table_.destroy(instance_);
    }

    sf_status check_address(const std::string& address, bool listening)
    {
        return table_.check_address(host_.table(), address.c_str(), listening ? 1 : 0);
    }

    // One listener at a time.
    void listen(const std::string& address)
    {
        expect(try_listen(address), "listen");
    }

    sf_status try_listen(const std::string& address)
    {
        close_listener();
        return table_.listen(instance_, host_.loop(), address.c_str(), &TransportDriver::on_accepted, this,
                             &listener_);
    }

    // What a peer would dial.
    std::string address()
    {
        std::array<char, 4096> buffer{};
        const sf_result length = table_.listener_address(listener_, buffer.data(), buffer.size());
        expect(length < 0 ? static_cast<sf_status>(-length) : SF_OK, "listener_address");
        return {buffer.data(), static_cast<std::size_t>(length)};
    }

    void close_listener()
    {
        if (listener_ != nullptr)
        {
            table_.listener_close(std::exchange(listener_, nullptr));
        }
        host_.drain();
    }

    // Waits for the next connection that somebody made to us.
    Stream accept()
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (accepted_.empty())
        {
            if (std::chrono::steady_clock::now() >= end)
            {
                throw std::runtime_error("nothing was accepted in time");
            }
            host_.run_one();
        }
        sf_stream* const stream = accepted_.front();
        accepted_.pop_front();
        return {*this, stream};
    }

    // Failures that accepting reported.
    int failures() const
    {
        return failures_;
    }

    Stream dial(const std::string& address)
    {
        Dialed dialed;
        expect(finish(address, dialed, false), "dial");
        return {*this, dialed.stream};
    }

    // Makes a stream of a connection that exists; for transports with the capability of adopt.h.
    Stream adopt(std::uintptr_t handle)
    {
        sf_stream* stream = nullptr;
        expect(try_adopt(handle, stream), "adopt");
        return {*this, stream};
    }

    // Adopts where it should fail; SF_UNSUPPORTED without the capability.
    sf_status try_adopt(std::uintptr_t handle)
    {
        sf_stream* stream = nullptr;
        const sf_status status = try_adopt(handle, stream);
        if (stream != nullptr)
        {
            table_.stream_close(stream);
        }
        return status;
    }

    // Dials where it should fail, or is cancelled at once; how it ended.
    sf_status try_dial(const std::string& address, bool cancelled = false)
    {
        Dialed dialed;
        const sf_status status = finish(address, dialed, cancelled);
        if (dialed.stream != nullptr)
        {
            table_.stream_close(dialed.stream);
        }
        host_.drain();
        return status;
    }

private:
    static constexpr std::chrono::seconds limit{10};

    struct Outcome
    {
        static void on_done(void* context, sf_status status)
        {
            auto& self = *static_cast<Outcome*>(context);
            self.status = status;
            self.done = true;
        }

        sf_status status = SF_OK;
        bool done = false;
    };

    struct Dialed : Outcome
    {
        static void on_dialed(void* context, sf_status status, sf_stream* made)
        {
            auto& self = *static_cast<Dialed*>(context);
            on_done(static_cast<Outcome*>(&self), status);
            self.stream = made;
        }

        sf_stream* stream = nullptr;
    };

    static void on_accepted(void* context, sf_status status, sf_stream* stream)
    {
        auto& self = *static_cast<TransportDriver*>(context);
        if (status == SF_OK)
        {
            self.accepted_.push_back(stream);
        }
        else
        {
            ++self.failures_;
        }
    }

    sf_status try_adopt(std::uintptr_t handle, sf_stream*& stream)
    {
        const auto* const capability =
            table_.query == nullptr ? nullptr
                                    : static_cast<const sf_adopt*>(table_.query(host_.table(), SF_ADOPT));
        return capability == nullptr ? SF_UNSUPPORTED : capability->adopt(instance_, handle, &stream);
    }

    sf_status finish(const std::string& address, Dialed& dialed, bool cancelled)
    {
        sf_dial* dial = nullptr;
        const sf_status started =
            table_.dial(instance_, host_.loop(), address.c_str(), &Dialed::on_dialed, &dialed, &dial);
        if (started != SF_OK)
        {
            return started;
        }
        if (dialed.done)
        {
            throw std::runtime_error("dial called back before it returned");
        }
        if (cancelled)
        {
            table_.dial_cancel(dial);
        }
        run_until(dialed.done, "dial");
        return dialed.status;
    }

    void run_until(const bool& done, const char* what)
    {
        if (!host_.run_until(
                [&done]
                {
                    return done;
                },
                limit))
        {
            throw std::runtime_error(std::string(what) + " did not call back in time");
        }
    }

    void expect(sf_status status, const char* what)
    {
        if (status != SF_OK)
        {
            throw std::runtime_error(std::string(what) + " failed with status " + std::to_string(status) +
                                     ": " + host_.last_error().text);
        }
    }

    FakeHost& host_;
    const sf_transport& table_;
    sf_transport_instance* instance_ = nullptr;
    sf_listener* listener_ = nullptr;
    std::deque<sf_stream*> accepted_;
    int failures_ = 0;
};

} // namespace spaceframe::plugin::testing
