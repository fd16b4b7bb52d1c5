#pragma once

#include <support/child.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace broker_demo
{

// The processes of the demonstration, and the one place where it waits. SIGINT, SIGTERM and SIGHUP, and the
// unexpected end of a member, end a wait with an exception; the destructor stops whoever still runs.
class Crew
{
public:
    using OnLine = std::function<void(std::string_view line)>;

    struct Member
    {
        std::unique_ptr<sample::Child> process;
        OnLine on_line;
        bool may_end = false; // its end is part of the plan
    };

    Crew();
    ~Crew();

    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    // `on_line` is called from within wait_until for each line that the process prints.
    Member& start(std::string name, std::vector<std::string> arguments,
                  const sample::Child::Environment& environment, OnLine on_line);

    // Kills a member at once and forgets it.
    void kill(Member& member);

    // Asks a member to end with a signal or a line, waits, and returns its exit code. Throws when it does not
    // end.
    int end_with_signal(Member& member, int number);
    int end_with_line(Member& member, std::string_view line);

    // Calls `react` from within wait_until whenever `descriptor` is readable.
    void watch(int descriptor, std::function<void()> react);

    // Handles events until `done()` holds. Throws std::runtime_error when `limit` passes first; `what`
    // completes the sentence "waited in vain for …".
    void wait_until(const std::function<bool()>& done, std::chrono::seconds limit, std::string_view what);

private:
    struct Watch
    {
        int descriptor;
        std::function<void()> react;
    };

    void handle_events(sample::Child::Clock::time_point deadline);
    void check_signals() const;
    void read_lines(Member& member);
    int finish(Member& member);
    void forget(Member& member);

    int signals_ = -1;
    std::list<Member> members_;
    std::vector<Watch> watches_;
};

} // namespace broker_demo
