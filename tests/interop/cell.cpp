#include "cell.hpp"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace interop
{
namespace
{

class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "spaceframe-interop-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
        {
            throw std::system_error(errno, std::system_category(), name);
        }
        path_ = name;
    }

    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string endpoint() const
    {
        return "ipc://" + (path_ / "link").string();
    }

private:
    std::filesystem::path path_;
};

// Our side and theirs, of which the one that binds began first, or whose connection our side was handed.
struct Meeting
{
    Meeting(std::string_view pattern, const std::string& our_lines, spaceframe::KernelOptions options,
            std::vector<std::string> arguments, const PeerProcess::Program& program, const Way& way)
    {
        const std::string wildcard = way.tcp ? "tcp://127.0.0.1:*" : folder.endpoint();
        const spaceframe::testing::OwnListener listener;
        if (way.we_bind && !way.adopted)
        {
            ours.emplace(pattern, "bind " + wildcard + "\n" + our_lines, way.threads, std::move(options));
        }
        arguments.emplace_back(way.we_bind ? "--connect" : "--bind");
        arguments.push_back(!way.we_bind  ? wildcard
                            : way.adopted ? listener.endpoint()
                                          : ours->socket().last_endpoint());
        theirs.emplace(arguments, program);
        if (way.adopted)
        {
            Descriptor made = way.we_bind ? listener.accept() : way.dial(theirs->bound());
            ours.emplace(pattern, our_lines, way.threads, std::move(options));
            spaceframe::testing::hand_over(ours->socket(), "tcp", made);
        }
        else if (!way.we_bind)
        {
            ours.emplace(pattern, "connect " + theirs->bound() + "\n" + our_lines, way.threads,
                         std::move(options));
        }
    }

    Folder folder;
    std::optional<PeerProcess> theirs;
    std::optional<Ours> ours; // ends first: its hooks may refer to their side
};

std::string joined(const std::vector<std::string>& tasks)
{
    std::string text;
    for (const std::string& task : tasks)
    {
        text += (text.empty() ? "" : ",") + task;
    }
    return text;
}

void require_nothing(const std::string& problem, const char* whose)
{
    if (!problem.empty())
    {
        throw std::runtime_error(std::string(whose) + problem);
    }
}

// What our side's events say of the handshakes.
class Handshakes
{
public:
    spaceframe::KernelOptions options()
    {
        spaceframe::KernelOptions result;
        result.log = [](spaceframe::LogLevel, std::string_view) {};
        result.on_event = [this](const spaceframe::Event& event)
        {
            take(event);
        };
        return result;
    }

    // Waits for the refusal; throws when none came, or a handshake was completed.
    RefusedBy refusal()
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(30),
                          [this]
                          {
                              return refusal_ || ready_;
                          });
        if (ready_)
        {
            throw std::runtime_error("the handshake was completed");
        }
        if (!refusal_)
        {
            throw std::runtime_error("no handshake failed");
        }
        return refusal_ == spaceframe::errc::incompatible_peer ? RefusedBy::us : RefusedBy::them;
    }

private:
    void take(const spaceframe::Event& event)
    {
        using enum spaceframe::Event::Kind;
        const std::lock_guard lock(mutex_);
        met_ = met_ || event.kind == accepted || event.kind == connected;
        ready_ = ready_ || event.kind == ready;
        if (met_ && !refusal_ && event.kind == failed)
        {
            refusal_ = event.error;
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool met_ = false;
    bool ready_ = false;
    spaceframe::error_code refusal_;
};

} // namespace

std::uint64_t exchange(std::string_view ours, std::string_view theirs, const Plan& plan, const Way& way,
                       std::uint64_t seed, const PeerProcess::Program& program)
{
    Work work = plan.work;
    work.content.seed = seed;
    work.content.parts = way.parts;
    work.content.without_empty = way.without_empty;
    std::vector<std::string> arguments{
        std::string(theirs), joined(plan.their_tasks),   "--seed",  std::to_string(seed),
        "--count",           std::to_string(work.count), "--parts", way.parts == Parts::one ? "one" : "many"};
    if (way.without_empty)
    {
        arguments.emplace_back("--without-empty");
    }
    if (!work.made_identity)
    {
        arguments.insert(arguments.end(), {"--identity", "theirs"});
    }
    arguments.insert(arguments.end(), plan.their_options.begin(), plan.their_options.end());

    Meeting meeting(ours, plan.our_lines, {}, arguments, program, way);
    work.on_probe = [&]
    {
        meeting.theirs->go();
    };
    try
    {
        for (const std::string& task : plan.our_tasks)
        {
            perform(meeting.ours->socket(), task, work);
        }
    }
    catch (const std::runtime_error& error)
    {
        throw std::runtime_error(std::string(error.what()) +
                                 "; the other side said: " + meeting.theirs->said());
    }
    // An XPUB has to learn that the topic is no longer wanted, and not that we are gone.
    const bool they_end_first = plan.our_tasks.back() == "subscribe";
    const std::string outcome = they_end_first ? meeting.theirs->outcome() : std::string();
    require_nothing(outcome, "the other side: ");
    require_nothing(meeting.ours->close(), "our side: ");
    require_nothing(they_end_first ? outcome : meeting.theirs->outcome(), "the other side: ");
    return work.count * plan.our_tasks.size();
}

RefusedBy refuse(std::string_view ours, std::string_view theirs, bool we_bind,
                 const PeerProcess::Program& program)
{
    Handshakes handshakes;
    Meeting meeting(ours, {}, handshakes.options(), {std::string(theirs), "stand"}, program,
                    Way{.we_bind = we_bind});
    const RefusedBy side = handshakes.refusal();
    meeting.theirs->go();
    require_nothing(meeting.theirs->outcome(), "the other side: ");
    return side;
}

} // namespace interop
