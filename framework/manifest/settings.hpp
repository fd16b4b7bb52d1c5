#pragma once

#include "../plugin/value.hpp"

#include <spaceframe/plugin/abi.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spaceframe::manifest
{

/// When bytes go out: as the engine sees fit, with every send, or batched as long as the socket is busy.
enum class Flush
{
    automatic,
    immediate,
    batch
};

/// What a message means that finds its peer full: what the policy or the pattern says, or one thing always.
enum class OnFull
{
    standard,
    wait,
    refuse,
    drop_newest,
    drop_oldest,
    disconnect
};

/// What becomes of messages that were not written when their peer is lost.
enum class OnPeerLoss
{
    keep,
    expire,
    give_back,
    drop
};

/// Whether only the newest message waits: of all, or of each topic, which is the first frame.
enum class Conflate
{
    off,
    all,
    topic
};

/// A duration that never ends; a manifest writes it `infinite`.
inline constexpr std::chrono::nanoseconds infinite = std::chrono::nanoseconds::max();

/// The kernel's own options of a socket and its endpoints, each with its default. A socket's are those of its
/// endpoints, unless the endpoint overrides them. The names, and their meaning, are those of libzmq's options
/// where it has them.
///
/// `reconnect_ivl` and `reconnect_ivl_max` are no fields: they become the `reconnect` role of an endpoint.
struct Settings
{
    std::uint64_t send_hwm = 1000;       ///< messages for each peer; 0: no mark
    std::uint64_t recv_hwm = 1000;       ///< messages for each peer; 0: no mark
    std::uint64_t send_hwm_bytes = 0;    ///< bytes for each peer; 0: no mark
    std::uint64_t recv_hwm_bytes = 0;    ///< bytes of memory for each peer; 0: no mark
    std::uint64_t max_message_size = 0;  ///< bytes of one incoming message, all frames together; 0: no cap
    std::uint64_t max_frames = 65536;    ///< frames of one incoming message, 1 to 2^31 - 1
    std::uint64_t max_subscriptions = 0; ///< PUB, XPUB: topics of one peer; 0: no cap
    /// PUB, XPUB: how long a peer may take nothing while there is something for it; 0 or infinite: no limit
    std::chrono::nanoseconds stall_timeout = std::chrono::seconds(5);
    std::string identity;           ///< 0 to 255 bytes, not starting with a zero byte
    bool immediate = false;         ///< queue only for peers that are connected
    bool probe_router = false;      ///< REQ, DEALER, ROUTER: send an empty message to a new peer
    std::string connect_routing_id; ///< ROUTER: the identity of the peer that is dialled; empty: its own

    // Of the whole socket, never of one endpoint.
    std::chrono::nanoseconds send_timeout = infinite; ///< 0: do not wait
    std::chrono::nanoseconds recv_timeout = infinite; ///< 0: do not wait
    std::chrono::nanoseconds linger = infinite;       ///< how long closing waits for unsent messages
    Flush flush = Flush::automatic;
    OnFull on_full = OnFull::standard;          ///< PUSH, DEALER, PAIR, ROUTER, PUB, XPUB
    Conflate conflate = Conflate::off;          ///< not for REQ, REP and XSUB
    OnPeerLoss on_peer_loss = OnPeerLoss::keep; ///< PUSH, DEALER, PAIR, ROUTER
    /// How long messages wait since their peer was lost, with OnPeerLoss::expire
    std::chrono::nanoseconds peer_loss_expiry = std::chrono::seconds(5);
    bool router_mandatory = false; ///< ROUTER: a send to nobody fails instead of being dropped
    bool router_handover = false;  ///< ROUTER: a new peer takes over the identity of a live one
    bool req_relaxed = false;      ///< REQ: a send gives up the request under way
    bool req_correlate = false;    ///< REQ: requests have names, which their replies must bear
    std::chrono::nanoseconds request_timeout = infinite; ///< REQ: how long a request waits for its reply
    std::vector<std::string> subscribe;                  ///< SUB, XSUB: topics to begin with
    bool invert_matching = false;      ///< PUB, XPUB, SUB: subscriptions say what is not wanted
    bool only_first_subscribe = false; ///< XPUB, XSUB: further frames of a message never subscribe
    bool xpub_verbose = false;         ///< XPUB: tell of repeated subscriptions, too
    bool xpub_verboser = false;        ///< XPUB: and of repeated cancellations
    bool xpub_nodrop = false;          ///< PUB, XPUB: wait for a peer that is full
    bool xpub_manual = false;          ///< XPUB: the application decides what peers are subscribed to
    std::string xpub_welcome_msg;      ///< XPUB: sent to each new peer; empty: none
};

/// Where an option may be given.
enum class Scope
{
    socket,  ///< at a socket
    endpoint ///< at a socket, or at one endpoint of it
};

/// A member of Settings that carries an option's value; none for options that become something else.
using SettingField =
    std::variant<std::monostate, std::uint64_t Settings::*, bool Settings::*, std::string Settings::*,
                 std::chrono::nanoseconds Settings::*, Flush Settings::*, OnFull Settings::*,
                 Conflate Settings::*, OnPeerLoss Settings::*, std::vector<std::string> Settings::*>;

/// One kernel-level option of a socket.
struct SettingRow
{
    sf_option option;
    Scope scope;
    std::string_view patterns; ///< the patterns it has a meaning for, separated by '|'; empty: all
    SettingField field;
};

/// `spin` of a kernel that does not say: callers who drive poll a little longer than it takes to wake a peer;
/// loops with threads of their own do not, because they would take processors from the callers.
std::chrono::nanoseconds default_spin(unsigned threads) noexcept;

/// The table from which manifests are checked, explained and documented.
std::span<const SettingRow> setting_rows();

/// The row of that key, or nullptr.
const SettingRow* find_setting(std::string_view key);

/// True when the row's option means something to a pattern (in lower case).
bool applies_to(const SettingRow& row, std::string_view pattern);

/// True when the row's option may be given several times; each adds a value.
bool is_list(const SettingRow& row);

/// The values of such an option, in order.
const std::vector<std::string>& list_of(const Settings& settings, const SettingRow& row);

/// Stores a value that parse_value() made for this row; adds it to the others of a list.
void assign(Settings& settings, const SettingRow& row, const plugin_host::Value& value);

/// What is stored, as a manifest would write it; empty for a row without a field, and for a list.
std::string format_setting(const Settings& settings, const SettingRow& row);

/// The table of the `kernel` section: Description::threads, spin and backpressure.
std::span<const sf_option> kernel_options();

} // namespace spaceframe::manifest
