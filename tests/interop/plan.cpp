#include "plan.hpp"

namespace interop
{
namespace
{

using spaceframe::pattern::Envelope;
using spaceframe::pattern::Inbound;
using spaceframe::pattern::Outbound;
using spaceframe::pattern::Row;

std::vector<std::string> our_tasks(const Row& ours, const Row& theirs)
{
    if (ours.sends_subscriptions)
    {
        return {"subscribe"};
    }
    if (theirs.sends_subscriptions)
    {
        return {"publish"};
    }
    if (ours.inbound == Inbound::none)
    {
        return {"send"};
    }
    if (ours.outbound == Outbound::none)
    {
        return {"receive"};
    }
    if (ours.envelope == Envelope::delimiter || theirs.envelope == Envelope::trace)
    {
        return {"ask"};
    }
    if (ours.envelope == Envelope::trace || theirs.envelope == Envelope::delimiter)
    {
        return {"echo"};
    }
    return {"ask", "echo"};
}

std::string counterpart(const std::string& task)
{
    if (task == "ask")
    {
        return "echo";
    }
    if (task == "echo")
    {
        return "ask";
    }
    if (task == "send")
    {
        return "receive";
    }
    if (task == "receive")
    {
        return "send";
    }
    return task == "publish" ? "subscribe" : "publish";
}

} // namespace

Plan plan(const Row& ours, const Row& theirs)
{
    const bool we_take_turns = ours.inbound == Inbound::lockstep;
    const bool they_take_turns = theirs.inbound == Inbound::lockstep;
    Plan plan;
    plan.our_tasks = our_tasks(ours, theirs);
    for (const std::string& task : plan.our_tasks)
    {
        plan.their_tasks.push_back(counterpart(task));
    }
    if (ours.envelope == Envelope::identity)
    {
        plan.work.envelope.emplace_back("theirs");
        plan.work.wait_for_peer = true;
    }
    if (theirs.envelope == Envelope::identity)
    {
        plan.their_options.insert(plan.their_options.end(), {"--peer", "ours"});
    }
    if (they_take_turns && !we_take_turns)
    {
        plan.work.envelope.emplace_back();
    }
    if (we_take_turns && !they_take_turns)
    {
        plan.their_options.emplace_back("--delimiter");
    }
    if (we_take_turns)
    {
        plan.work.window = 1;
    }
    if (they_take_turns)
    {
        plan.their_options.insert(plan.their_options.end(), {"--window", "1"});
    }
    if (ours.sends_subscriptions || theirs.sends_subscriptions)
    {
        plan.work.content.prefix = topic;
        plan.our_lines = "send_hwm 0\nrecv_hwm 0";
    }
    return plan;
}

} // namespace interop
