#include "settings.hpp"

#include "defaults.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

namespace spaceframe::manifest
{
namespace
{

constexpr const char* largest_count = "2147483647";

constexpr std::array rows{
    SettingRow{{"send_hwm", SF_TYPE_INTEGER, 0, "1000", "0", largest_count, nullptr,
                "High-water mark of messages queued for each peer; 0 for none"},
               Scope::endpoint,
               "",
               &Settings::send_hwm},
    SettingRow{{"recv_hwm", SF_TYPE_INTEGER, 0, "1000", "0", largest_count, nullptr,
                "High-water mark of messages from each peer that nobody has received; 0 for none"},
               Scope::endpoint,
               "",
               &Settings::recv_hwm},
    SettingRow{{"send_hwm_bytes", SF_TYPE_BYTES, 0, "0", "0", nullptr, nullptr,
                "High-water mark of bytes queued for each peer; 0 for none"},
               Scope::endpoint,
               "",
               &Settings::send_hwm_bytes},
    SettingRow{{"recv_hwm_bytes", SF_TYPE_BYTES, 0, "0", "0", nullptr, nullptr,
                "High-water mark of the memory that messages from each peer pin while nobody has received "
                "them; 0 for none"},
               Scope::endpoint,
               "",
               &Settings::recv_hwm_bytes},
    SettingRow{{"max_message_size", SF_TYPE_BYTES, 0, "0", "0", nullptr, nullptr,
                "Largest incoming message, all frames together; a peer that sends more is disconnected; 0 "
                "for no cap"},
               Scope::endpoint,
               "",
               &Settings::max_message_size},
    SettingRow{{"max_frames", SF_TYPE_INTEGER, 0, "65536", "1", largest_count, nullptr,
                "Most frames of one incoming message; a peer that sends more is disconnected"},
               Scope::endpoint,
               "",
               &Settings::max_frames},
    SettingRow{{"max_subscriptions", SF_TYPE_INTEGER, 0, "0", "0", largest_count, nullptr,
                "Most topics that one peer may subscribe to; a peer that goes beyond is disconnected; 0 for "
                "no cap"},
               Scope::endpoint,
               "pub|xpub",
               &Settings::max_subscriptions},
    SettingRow{
        {"stall_timeout", SF_TYPE_DURATION, 0, "5s", "0s", nullptr, nullptr,
         "How long a peer may take nothing while there is something for it; then it is disconnected; 0s "
         "or infinite for no limit, as in ZeroMQ"},
        Scope::endpoint,
        "pub|xpub",
        &Settings::stall_timeout},
    SettingRow{{"identity", SF_TYPE_TEXT, 0, "", nullptr, nullptr, nullptr,
                "Identity (routing id) that REQ, DEALER and ROUTER tell their peers, up to 255 bytes; empty "
                "lets the "
                "peer choose one"},
               Scope::endpoint,
               "",
               &Settings::identity},
    SettingRow{{"immediate", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "Queue messages only for peers whose handshake is complete"},
               Scope::endpoint,
               "",
               &Settings::immediate},
    SettingRow{{"probe_router", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "Send an empty message to each new peer, so that a ROUTER learns of us"},
               Scope::endpoint,
               "req|dealer|router",
               &Settings::probe_router},
    SettingRow{
        {"connect_routing_id", SF_TYPE_TEXT, 0, "", nullptr, nullptr, nullptr,
         "Identity that the peer at a connect has for us, whatever it says, so that messages can wait for "
         "it; up to 255 bytes"},
        Scope::endpoint,
        "router",
        &Settings::connect_routing_id},
    SettingRow{{"reconnect_ivl", SF_TYPE_DURATION, 0, "100ms", "1ms", nullptr, nullptr,
                "ZeroMQ's way to say how long to wait before dialling again; instead of a reconnect policy; "
                "infinite for never"},
               Scope::endpoint,
               "",
               std::monostate{}},
    SettingRow{{"reconnect_ivl_max", SF_TYPE_DURATION, 0, "0ms", "0ms", nullptr, nullptr,
                "Where the doubling of reconnect_ivl ends; 0 for no growth"},
               Scope::endpoint,
               "",
               std::monostate{}},
    SettingRow{{"send_timeout", SF_TYPE_DURATION, 0, "infinite", "0ms", nullptr, nullptr,
                "How long a blocking send may wait; 0 for not at all"},
               Scope::socket,
               "",
               &Settings::send_timeout},
    SettingRow{{"recv_timeout", SF_TYPE_DURATION, 0, "infinite", "0ms", nullptr, nullptr,
                "How long a blocking receive may wait; 0 for not at all"},
               Scope::socket,
               "",
               &Settings::recv_timeout},
    SettingRow{
        {"linger", SF_TYPE_DURATION, 0, "infinite", "0ms", nullptr, nullptr,
         "How long closing waits for messages that were not sent yet; the destructor of a kernel waits for "
         "nothing"},
        Scope::socket,
        "",
        &Settings::linger},
    SettingRow{{"flush", SF_TYPE_CHOICE, 0, "auto", nullptr, nullptr, "auto|immediate|batch",
                "When bytes go out: as load suggests, with every send, or batched while the socket is busy"},
               Scope::socket,
               "",
               &Settings::flush},
    SettingRow{
        {"on_full", SF_TYPE_CHOICE, 0, "default", nullptr, nullptr,
         "default|wait|refuse|drop_newest|drop_oldest|disconnect",
         "What a message means that finds its peer full; default is what the backpressure policy says, "
         "or ZeroMQ for the pattern"},
        Scope::socket,
        "push|dealer|pair|router|pub|xpub",
        &Settings::on_full},
    SettingRow{
        {"conflate", SF_TYPE_CHOICE, 0, "false", nullptr, nullptr, "false|true|topic",
         "Of the messages that wait for a peer, or came from it, keep the newest only, or the newest with "
         "each first frame; no high-water mark holds then"},
        Scope::socket,
        "push|pull|dealer|pair|router|pub|sub|xpub",
        &Settings::conflate},
    SettingRow{{"on_peer_loss", SF_TYPE_CHOICE, 0, "keep", nullptr, nullptr, "keep|expire|return|drop",
                "What becomes of messages that were not written when their peer is lost: they wait for the "
                "next one, or for so long, or return to the sender, or are dropped"},
               Scope::socket,
               "push|dealer|pair|router",
               &Settings::on_peer_loss},
    SettingRow{{"peer_loss_expiry", SF_TYPE_DURATION, 0, "5s", "1ms", nullptr, nullptr,
                "How long they wait since the loss, with on_peer_loss expire"},
               Scope::socket,
               "push|dealer|pair|router",
               &Settings::peer_loss_expiry},
    SettingRow{{"router_mandatory", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "A message to an identity that nobody has is an error instead of being dropped"},
               Scope::socket,
               "router",
               &Settings::router_mandatory},
    SettingRow{{"router_handover", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "A new peer takes over the identity of one that is still connected"},
               Scope::socket,
               "router",
               &Settings::router_handover},
    SettingRow{{"req_relaxed", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "A send gives up the request under way instead of failing; best with req_correlate"},
               Scope::socket,
               "req",
               &Settings::req_relaxed},
    SettingRow{{"req_correlate", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "Requests have names, which their replies must bear; request_timeout turns it on"},
               Scope::socket,
               "req",
               &Settings::req_correlate},
    SettingRow{{"request_timeout", SF_TYPE_DURATION, 0, "infinite", "1ms", nullptr, nullptr,
                "How long a request waits for its reply before it fails"},
               Scope::socket,
               "req",
               &Settings::request_timeout},
    SettingRow{{"subscribe", SF_TYPE_TEXT, 0, "", nullptr, nullptr, nullptr,
                "Topic to subscribe to from the beginning; an empty one is everything"},
               Scope::socket,
               "sub|xsub",
               &Settings::subscribe},
    SettingRow{{"invert_matching", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "What matches a subscription is not sent, or not received; to be set at both ends"},
               Scope::socket,
               "pub|xpub|sub",
               &Settings::invert_matching},
    SettingRow{
        {"only_first_subscribe", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
         "Only the first frame of a message can be a subscription; the others are data, whatever they begin "
         "with"},
        Scope::socket,
        "xpub|xsub",
        &Settings::only_first_subscribe},
    SettingRow{{"xpub_verbose", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "Receive every subscription, not only the first to each topic"},
               Scope::socket,
               "xpub",
               &Settings::xpub_verbose},
    SettingRow{{"xpub_verboser", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "Receive every subscription and every cancellation"},
               Scope::socket,
               "xpub",
               &Settings::xpub_verboser},
    SettingRow{{"xpub_nodrop", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "A send waits for a subscriber that is full instead of dropping its copy"},
               Scope::socket,
               "pub|xpub",
               &Settings::xpub_nodrop},
    SettingRow{{"xpub_manual", SF_TYPE_BOOL, 0, "false", nullptr, nullptr, nullptr,
                "The application subscribes for the peer whose subscription it received last"},
               Scope::socket,
               "xpub",
               &Settings::xpub_manual},
    SettingRow{{"xpub_welcome_msg", SF_TYPE_TEXT, 0, "", nullptr, nullptr, nullptr,
                "Message to each new peer; empty for none"},
               Scope::socket,
               "xpub",
               &Settings::xpub_welcome_msg},
};

constexpr std::array kernel_rows{
    sf_option{"threads", SF_TYPE_INTEGER, 0, "1", "0", "64", nullptr,
              "Loops with a thread of their own; 0 for none: whoever calls drives"},
    sf_option{"spin", SF_TYPE_DURATION, 0, "0us", "0us", "1s", nullptr,
              "How long whoever waits on a loop polls before it sleeps, as long as that pays; 50us by "
              "default with threads 0"},
    sf_option{"backpressure", SF_TYPE_TEXT, 0, defaults::backpressure.data(), nullptr, nullptr, nullptr,
              "The budget that all sockets share, beside their own: the name of a policy, or of a role with "
              "its defaults"},
};

template <class... Functions>
struct Overloaded : Functions...
{
    using Functions::operator()...;
};

// Clang 14 does not deduce aggregates.
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

std::uint64_t to_unsigned(std::int64_t value)
{
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::int64_t to_signed(std::uint64_t value)
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return value > static_cast<std::uint64_t>(most) ? most : static_cast<std::int64_t>(value);
}

} // namespace

std::chrono::nanoseconds default_spin(unsigned threads) noexcept
{
    return std::chrono::microseconds(threads == 0 ? 50 : 0);
}

std::span<const SettingRow> setting_rows()
{
    return rows;
}

const SettingRow* find_setting(std::string_view key)
{
    const auto row = std::ranges::find_if(rows,
                                          [&](const SettingRow& each)
                                          {
                                              return key == each.option.key;
                                          });
    return row == rows.end() ? nullptr : &*row;
}

bool applies_to(const SettingRow& row, std::string_view pattern)
{
    std::string_view rest = row.patterns;
    while (!rest.empty())
    {
        const std::size_t end = rest.find('|');
        if (rest.substr(0, end) == pattern)
        {
            return true;
        }
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return row.patterns.empty();
}

bool is_list(const SettingRow& row)
{
    return std::holds_alternative<std::vector<std::string> Settings::*>(row.field);
}

const std::vector<std::string>& list_of(const Settings& settings, const SettingRow& row)
{
    return settings.*std::get<std::vector<std::string> Settings::*>(row.field);
}

void assign(Settings& settings, const SettingRow& row, const plugin_host::Value& value)
{
    std::visit(Overloaded{[](std::monostate) {},
                          [&](std::uint64_t Settings::*field)
                          {
                              settings.*field = to_unsigned(value.integer);
                          },
                          [&](bool Settings::*field)
                          {
                              settings.*field = value.integer != 0;
                          },
                          [&](std::string Settings::*field)
                          {
                              settings.*field = value.text;
                          },
                          [&](std::chrono::nanoseconds Settings::*field)
                          {
                              settings.*field = std::chrono::nanoseconds(value.integer);
                          },
                          [&](std::vector<std::string> Settings::*field)
                          {
                              (settings.*field).push_back(value.text);
                          },
                          [&](auto Settings::*choice)
                          {
                              settings.*choice =
                                  static_cast<std::remove_reference_t<decltype(settings.*choice)>>(
                                      value.integer);
                          }},
               row.field);
}

std::string format_setting(const Settings& settings, const SettingRow& row)
{
    plugin_host::Value value{};
    const bool stored =
        std::visit(Overloaded{[](std::monostate)
                              {
                                  return false;
                              },
                              [&](std::uint64_t Settings::*field)
                              {
                                  value.integer = to_signed(settings.*field);
                                  return true;
                              },
                              [](std::vector<std::string> Settings::* /*field*/)
                              {
                                  return false;
                              },
                              [&](bool Settings::*field)
                              {
                                  value.integer = settings.*field ? 1 : 0;
                                  return true;
                              },
                              [&](std::string Settings::*field)
                              {
                                  value.text = settings.*field;
                                  return true;
                              },
                              [&](std::chrono::nanoseconds Settings::*field)
                              {
                                  value.integer = (settings.*field).count();
                                  return true;
                              },
                              [&](auto Settings::*choice)
                              {
                                  const auto index = static_cast<std::size_t>(settings.*choice);
                                  value.integer = static_cast<std::int64_t>(index);
                                  value.text = plugin_host::choice_names(row.option).at(index);
                                  return true;
                              }},
                   row.field);
    return stored ? plugin_host::format_value(row.option, value) : std::string();
}

std::span<const sf_option> kernel_options()
{
    return kernel_rows;
}

} // namespace spaceframe::manifest
