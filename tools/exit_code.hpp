#pragma once

namespace tool
{

/// What the program ends with.
enum ExitCode
{
    exit_fine = 0,          ///< also when `run` had to discard messages at its end, which it tells
    exit_failed = 1,        ///< wrong usage, a port in use, and anything else
    exit_bad_manifest = 2,  ///< the manifest is wrong; a plug-in that nobody offers included
    exit_broken_plugin = 3, ///< a plug-in file is broken, or two claim one name
};

} // namespace tool
