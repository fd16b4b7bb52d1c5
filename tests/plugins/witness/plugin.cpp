// A backpressure policy that grants everything, and tells in its state what it was told last of a full peer:
// the bytes that wait for it, or the message that finds no room, as `limit`; the messages that wait as
// `waited`.
#include <spaceframe/plugin/plugin.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace
{

namespace sdk = spaceframe::plugin;

constexpr sf_option witness_options[] = {
    sdk::choice("tells", "bytes|incoming", "bytes", "What its limit is"),
    sdk::choice("verdict", "drop_newest|drop_oldest", "drop_newest", "What it says of a full peer"),
    sdk::option("refuses_from", sdk::Type::bytes, "1024GiB", "It refuses a message for which so much waits"),
};

constexpr std::array<std::uint32_t, 2> verdicts{SF_ON_FULL_DROP_NEWEST, SF_ON_FULL_DROP_OLDEST};

class Witness
{
public:
    explicit Witness(const sdk::Options& options)
        : tells_incoming_(options.choice("tells") == 1)
        , verdict_(verdicts.at(options.choice("verdict")))
        , refuses_from_(options.bytes("refuses_from"))
    {}

    sdk::Status try_acquire(std::uint64_t /*bytes*/) noexcept
    {
        return SF_OK;
    }

    sdk::Status wait(std::uint64_t /*bytes*/, sdk::Callback /*granted*/, sf_ticket& /*ticket*/)
    {
        return SF_UNSUPPORTED;
    }

    sdk::Status cancel(sf_ticket /*ticket*/) noexcept
    {
        return SF_NOT_FOUND;
    }

    void release(std::uint64_t /*bytes*/) noexcept
    {}

    void state(sf_budget_state& state) const noexcept
    {
        state = {.limit = told_, .used = 0, .waiting = 0, .waited = messages_};
    }

    std::uint32_t on_full(const sf_queue_summary& queue) noexcept
    {
        told_ = tells_incoming_ ? queue.incoming : queue.bytes;
        messages_ = queue.messages;
        return queue.bytes < refuses_from_ ? verdict_ : std::uint32_t{SF_ON_FULL_REFUSE};
    }

private:
    bool tells_incoming_;
    std::uint32_t verdict_;
    std::uint64_t refuses_from_;
    std::atomic<std::uint64_t> told_{0};
    std::atomic<std::uint64_t> messages_{0};
};

} // namespace

SPACEFRAME_PLUGIN("witness", "1.0.0", "Tells what it was told of full peers, for tests",
                  sdk::backpressure_role<Witness, witness_options>("witness", "Repeats what it hears"))
