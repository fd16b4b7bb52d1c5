#pragma once

#include "../plugin/registry.hpp"
#include "../plugin/role.hpp"
#include "description.hpp"
#include "document.hpp"
#include "problems.hpp"
#include "structure.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Options: which place knows which, and what to say of those that it does not know.
namespace spaceframe::manifest
{

/// What the sections of a manifest share while it is checked.
struct Context
{
    Problems& problems;
    Description& description;
    const plugin_host::Registry& registry;
};

/// The roles at work at one place of a manifest.
class RolesInPlay
{
public:
    /// A role whose options may be given here.
    void add(const plugin_host::Role* role);
    /// A policy: its options are given where it is defined.
    void add(const PolicyDescription* policy);
    /// A role that could not be found: any option of any role of that kind may be meant for it.
    void add_unresolved(std::uint32_t kind);

    /// Checks a value for every role that knows the key. True when one does, or may.
    bool check(const Context& context, const GivenOption& option, const std::string& path) const;

    /// The keys of all options, for suggestions.
    void append_keys(std::vector<std::string>& keys) const;

private:
    bool may_be_meant_for_unresolved(const plugin_host::Registry& registry, const std::string& key) const;

    std::vector<const plugin_host::Role*> roles_;
    std::vector<const PolicyDescription*> policies_;
    std::vector<std::uint32_t> unresolved_;
};

/// Checks a kernel-level option for a pattern (empty: unknown) and stores it. `row` must be the row of its
/// key.
void check_setting(const Context& context, const SettingRow& row, const GivenOption& option,
                   const std::string& path, const std::string& pattern, Settings& settings);

/// Reports an option that nothing at its place knows. `known` are the legal keys there.
void report_stray_option(const Context& context, const GivenOption& option, const std::string& path,
                         const std::vector<std::string>& known);

/// Takes the children of `parent` that are no structural keys as options; checks their form. Also checks that
/// structural keys stand there as often as they should.
std::vector<GivenOption> gather_options(const Context& context, const Node& parent, const std::string& path,
                                        std::span<const StructuralKey> structural);

/// Reports the keys that are missing in a block.
void require_keys(const Context& context, const Node& parent, const std::string& path,
                  std::span<const StructuralKey> keys);

/// The child of that key, or nullptr.
const Node* find_child(const Node& parent, const std::string& key);

} // namespace spaceframe::manifest
