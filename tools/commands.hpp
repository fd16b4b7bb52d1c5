#pragma once

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace tool
{

/// A manifest is well-formed, but a plug-in refuses what it says.
class RefusedManifest : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// A kernel that is not started. Throws RefusedManifest.
std::unique_ptr<spaceframe::Kernel> make_kernel(const spaceframe::Manifest& manifest,
                                                spaceframe::KernelOptions options);

/// `check FILE`: says what is wrong, or that nothing is. Throws ManifestError and RefusedManifest.
void check(const std::string& file);

/// `explain FILE`. Throws ManifestError.
void explain(const std::string& file, bool json);

} // namespace tool
