#pragma once

#include <spaceframe/error.hpp>
#include <spaceframe/plugin/abi.h>

#include <string>

namespace spaceframe::engine
{

/// Why something did not work: for programs (`code`), for policies (`status`, `os_error`) and for people
/// (`text`).
struct Failure
{
    sf_status status = SF_OK;
    int os_error = 0;
    error_code code;
    std::string text;
};

/// [any] Remembers what a plug-in says about the failure that the calling thread is about to report.
void note_failure(sf_status status, int os_error, const char* text) noexcept;

/// [any] The failure that a call or a callback just reported as `status`, with what was noted for it; without
/// a text when there is no memory for one.
Failure take_failure(sf_status status) noexcept;

/// A failure of the kernel's own.
Failure make_failure(sf_status status, errc code, std::string text);

/// There is no memory, not even to say for what.
Failure out_of_memory() noexcept;

/// [any] Throws the failure that a call just reported as `status`: a boost::system::system_error that says
/// `where` first, and what the code means once.
[[noreturn]] void throw_failure(sf_status status, const std::string& where);

/// The closest code of ours for a status of a plug-in.
error_code to_error_code(sf_status status, int os_error) noexcept;

} // namespace spaceframe::engine
