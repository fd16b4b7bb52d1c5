// A program that was started with a connection to libzmq, which it adopts and on which it performs the first
// task that the plan of the two patterns has.
//
//   adopting_peer OURS THEIRS SEED THREADS DESCRIPTOR     prints what is wrong, and exits with 1 then

#include "exchange.hpp"
#include "plan.hpp"

#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <signal.h>
#include <sys/prctl.h>

int main(int argc, char** argv)
{
    // It ends with whoever started it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try
    {
        if (argc != 6)
        {
            throw std::invalid_argument("five arguments are expected");
        }
        const interop::Plan plan = interop::plan(*spaceframe::pattern::find_pattern(argv[1]),
                                                 *spaceframe::pattern::find_pattern(argv[2]));
        interop::Work work = plan.work;
        work.content.seed = std::stoull(argv[3]);
        interop::Ours ours(argv[1], plan.our_lines, static_cast<unsigned>(std::stoul(argv[4])));
        ours.socket().adopt("tcp", static_cast<std::uintptr_t>(std::stoul(argv[5])));
        interop::perform(ours.socket(), plan.our_tasks.front(), work);
        if (const std::string problem = ours.close(); !problem.empty())
        {
            throw std::runtime_error(problem);
        }
        return 0;
    }
    catch (const std::exception& problem)
    {
        std::fprintf(stderr, "adopting_peer: %s\n", problem.what());
        return 1;
    }
}
