#include "session.hpp"
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// Feeds a session with what the fuzzer makes of a peer, in pieces as it chooses, as a kernel would, and holds
// it to the contract: nothing is read or written out of bounds (the sanitizers see to that), frames lie
// within the data, caps are kept, a peer hears nothing that its version does not know, and what is recovered
// from an encoding is what was encoded.

namespace
{

using spaceframe::zmtp::Session;
using spaceframe::zmtp::Settings;

constexpr std::uint64_t message_cap = 100'000;
constexpr std::uint32_t frame_cap = 64;

const sf_host quiet_host = []
{
    sf_host host{};
    host.size = sizeof host;
    host.set_error = [](const sf_host*, sf_status, std::int32_t, const char*) {};
    return host;
}();

void require(bool condition)
{
    if (!condition)
    {
        std::abort();
    }
}

struct Options
{
    bool accepted;
    bool admitted;
    unsigned opening; // of `openings`, with which the peer begins, so that the fuzzer reaches the traffic
    std::size_t piece;
    std::size_t frame_capacity;
};

std::string handshake_3(char minor, std::string_view ready)
{
    std::string bytes("\xFF\0\0\0\0\0\0\0\0\x7F\x03", 11);
    bytes += minor;
    bytes += "NULL";
    bytes.resize(64, '\0');
    return bytes.append(ready);
}

const std::array<std::string, 4> openings{
    "", handshake_3(1, {"\x04\x1A\x05READY\x0BSocket-Type\0\0\0\x04XSUB", 28}),
    handshake_3(0, {"\x04\x1C\x05READY\x0BSocket-Type\0\0\0\x06"
                    "DEALER",
                    30}),
    std::string("\xFF\0\0\0\0\0\0\0\0\x7F\x01\x02\0\0", 14), // a SUB of ZMTP 2.0
};

class Driver
{
public:
    explicit Driver(const Options& options)
        : options_(options)
        , session_(&quiet_host, settings, make_config(options))
    {
        sf_output output = make_output();
        alive_ = session_.start(1, output) == SF_OK;
    }

    void feed(const std::uint8_t* data, std::size_t size)
    {
        pending_.insert(pending_.end(), data, data + size);
        while (alive_ && step())
        {}
        if (alive_)
        {
            sf_output output = make_output();
            sf_time next = 0;
            alive_ = session_.tick(now_, output, next) == SF_OK;
            // PINGs are for 3.1.
            require(output.length == 0 || version_ == "ZMTP 3.1");
            now_ += 1'000'000;
        }
    }

    bool alive() const
    {
        return alive_;
    }

    bool ready() const
    {
        return ready_;
    }

private:
    static constexpr Settings settings{30'000'000'000, 50'000'000, 10'000'000'000, 1'000'000'000};

    static sf_session_config make_config(const Options& options)
    {
        static constexpr std::uint8_t identity[] = {'m', 'e'};
        sf_session_config config{};
        config.size = sizeof config;
        config.accepted = options.accepted ? 1 : 0;
        config.socket_type = "XPUB";
        config.identity = {identity, sizeof identity};
        config.max_message_size = message_cap;
        config.max_frames = frame_cap;
        config.send_identity = 1;
        return config;
    }

    sf_output make_output()
    {
        return {control_.data(), control_.size(), 0};
    }

    bool step()
    {
        std::vector<std::uint8_t> block(pending_);
        block.shrink_to_fit();
        std::vector<sf_frame> frames(options_.frame_capacity);
        sf_decode call{};
        call.size = sizeof call;
        call.now = now_;
        call.data = block.data();
        call.length = block.size();
        call.frames = frames.data();
        call.frame_capacity = frames.size();
        call.control = make_output();
        const bool ready_before = ready_;
        if (session_.decode(call) != SF_OK)
        {
            alive_ = false;
            return false;
        }
        require(!ready_before || call.control.length == 0 || version_ != "ZMTP 2.0");
        require(call.consumed <= block.size() && call.frame_count <= frames.size());
        require(call.need == 0 || call.need > block.size() - call.consumed);
        require(call.need <= message_cap + 32);
        frames.resize(call.frame_count);
        check(frames, block, call.consumed);
        handle(call.event);
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(call.consumed));
        return call.consumed != 0 || call.frame_count != 0 || call.event.kind != SF_EVENT_NONE;
    }

    void check(const std::vector<sf_frame>& frames, const std::vector<std::uint8_t>& block,
               std::size_t consumed)
    {
        require(frames.empty() || ready_);
        for (const sf_frame& frame : frames)
        {
            const auto* const begin = block.data();
            require(frame.data >= begin && frame.size <= consumed &&
                    static_cast<std::size_t>(frame.data - begin) <= consumed - frame.size);
            message_size_ += frame.size;
            ++message_frames_;
            require(message_size_ <= message_cap && message_frames_ <= frame_cap);
            require((frame.flags & ~std::uint32_t{SF_FRAME_MORE}) == 0 || message_frames_ == 1);
            message_.emplace_back(frame.data, frame.data + frame.size);
            if ((frame.flags & SF_FRAME_MORE) == 0)
            {
                echo();
                message_.clear();
                message_size_ = 0;
                message_frames_ = 0;
            }
        }
    }

    // Encodes the message that came, and reads it back.
    void echo()
    {
        std::vector<sf_frame> frames;
        std::size_t capacity = 0;
        for (const auto& body : message_)
        {
            frames.push_back({reinterpret_cast<sf_owner*>(this), body.data(), body.size(), SF_FRAME_MORE, 0});
            capacity += body.size() + 9;
        }
        frames.back().flags = 0;
        std::vector<std::uint8_t> data(capacity);
        std::vector<sf_insert> inserts(frames.size());
        std::uint32_t end = 0;
        sf_encode call{};
        call.size = sizeof call;
        call.frames = frames.data();
        call.frame_count = frames.size();
        call.reference_from = 300;
        call.data = data.data();
        call.capacity = data.size();
        call.ends = &end;
        call.end_capacity = 1;
        call.inserts = inserts.data();
        call.insert_capacity = inserts.size();
        require(session_.encode(call) == SF_OK && call.messages_taken == 1 && end == call.length);

        std::vector<sf_frame> recovered(frames.size());
        sf_recover back{};
        back.size = sizeof back;
        back.data = data.data();
        back.length = call.length;
        back.inserts = inserts.data();
        back.insert_count = call.insert_count;
        back.frames = recovered.data();
        back.frame_capacity = recovered.size();
        require(session_.recover(back) == SF_OK && back.frame_count == frames.size() &&
                back.consumed == back.length);
        for (std::size_t i = 0; i != frames.size(); ++i)
        {
            require(recovered[i].flags == frames[i].flags && recovered[i].size == frames[i].size &&
                    std::equal(frames[i].data, frames[i].data + frames[i].size, recovered[i].data));
        }
    }

    void handle(const sf_event& event)
    {
        if (event.kind == SF_EVENT_AUTHORISE)
        {
            require(event.identity.size <= 255 && !ready_);
            version_.assign(event.version.data, event.version.size);
            sf_output output = make_output();
            alive_ = session_.authorise(options_.admitted ? SF_OK : SF_REFUSED, "no", output) == SF_OK;
            require(output.length == 0 || version_ != "ZMTP 2.0");
        }
        else if (event.kind == SF_EVENT_READY)
        {
            require(!ready_ && options_.admitted);
            ready_ = true;
        }
    }

    Options options_;
    std::array<std::uint8_t, SF_CONTROL_CAPACITY> control_{};
    Session session_;
    bool alive_ = false;
    bool ready_ = false;
    std::string version_; // from SF_EVENT_AUTHORISE on
    sf_time now_ = 1;
    std::vector<std::uint8_t> pending_;
    std::vector<std::vector<std::uint8_t>> message_;
    std::uint64_t message_size_ = 0;
    std::uint32_t message_frames_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3)
    {
        return 0;
    }
    const Options options{(data[0] & 1U) != 0, (data[0] & 6U) != 0, data[0] >> 3U & 3U,
                          static_cast<std::size_t>(data[1]) + 1, static_cast<std::size_t>(data[2] % 8) + 1};
    Driver driver(options);
    const std::string& opening = openings[options.opening];
    driver.feed(reinterpret_cast<const std::uint8_t*>(opening.data()), opening.size());
    require(driver.ready() == (options.opening != 0 && options.admitted));
    for (std::size_t position = 3; position < size && driver.alive(); position += options.piece)
    {
        driver.feed(data + position, std::min(options.piece, size - position));
    }
    return 0;
}
