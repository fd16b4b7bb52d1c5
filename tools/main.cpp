#include "commands.hpp"
#include "duration.hpp"
#include "exit_code.hpp"
#include "plugin_list.hpp"
#include "run.hpp"

#include <spaceframe/manifest.hpp>
#include <spaceframe/plugins.hpp>
#include <spaceframe/version.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace
{

using tool::ExitCode;

constexpr const char* exit_codes = "Exit codes: 0 fine; 2 the manifest is wrong, a plug-in that nobody "
                                   "offers included; 3 a plug-in file is broken;\n"
                                   "1 anything else, wrong usage included.";

class CommandLine
{
public:
    CommandLine()
    {
        app_.require_subcommand(1);
        app_.footer(exit_codes);
        app_.set_version_flag("--version", "spaceframe " + std::string(spaceframe::version()),
                              "Print the version of the library and end");
        add_run();
        add_check();
        add_explain();
        add_plugins();
        add_reference();
    }

    ExitCode execute(int argc, char** argv)
    {
        if (argc > 1 && is_unknown_command(argv[1]))
        {
            return tool::exit_failed;
        }
        try
        {
            app_.parse(argc, argv);
        }
        catch (const CLI::ParseError& error)
        {
            return app_.exit(error) == 0 ? tool::exit_fine : tool::exit_failed;
        }
        return command_();
    }

private:
    // Says so, with the nearest name there is.
    bool is_unknown_command(const std::string& word) const
    {
        std::vector<std::string> names;
        for (const CLI::App* command : app_.get_subcommands(std::function<bool(const CLI::App*)>()))
        {
            names.push_back(command->get_name());
        }
        if (word.starts_with('-') || std::ranges::find(names, word) != names.end())
        {
            return false;
        }
        const std::string nearest = spaceframe::nearest_name(word, names);
        fmt::print(stderr, "error: found the command \"{}\", expected one of {}{}\n", word,
                   fmt::join(names, ", "),
                   nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest));
        return true;
    }

    void add_run()
    {
        const auto is_duration = [](const std::string& text)
        {
            return tool::parse_duration(text)
                       ? std::string()
                       : "found \"" + text + "\", expected a duration such as 500ms, 10s or 2min";
        };
        CLI::App* command = app_.add_subcommand(
            "run", "Run a manifest until SIGINT or SIGTERM; a second one ends the wait for unsent messages");
        command->footer(
            std::string("SIGUSR1 prints the summary as it is at that moment.\n"
                        "What is discarded at the end is told on stderr, and is no failure.\n\n") +
            exit_codes);
        command->add_option("FILE", run_.file, "The manifest")->required();
        command->add_option("--for", duration_, "End after DURATION, such as 500ms, 10s or 2min")
            ->type_name("DURATION")
            ->check(is_duration);
        command
            ->add_option("--close-within", close_within_,
                         "At the end, wait up to DURATION for messages that were not sent yet (5s)")
            ->type_name("DURATION")
            ->check(is_duration);
        command->add_option("--summary", run_.summary, "Write the final summary to FILE, as JSON")
            ->type_name("FILE");
        command->add_flag("--verbose", run_.verbose, "Log more: each step of each connection");
        command->callback(
            [this]
            {
                command_ = [this]
                {
                    run_.duration = duration_.empty() ? std::nullopt : tool::parse_duration(duration_);
                    run_.close_within = tool::parse_duration(close_within_).value();
                    tool::run(run_);
                    return tool::exit_fine;
                };
            });
    }

    void add_check()
    {
        CLI::App* command = app_.add_subcommand("check", "Say what is wrong with a manifest; open no socket");
        command->add_option("FILE", file_, "The manifest")->required();
        command->callback(
            [this]
            {
                command_ = [this]
                {
                    tool::check(file_);
                    return tool::exit_fine;
                };
            });
    }

    void add_explain()
    {
        CLI::App* command =
            app_.add_subcommand("explain", "Print what a manifest leads to, with every default and plug-in");
        command->add_option("FILE", file_, "The manifest")->required();
        command->add_flag("--json", json_, "Print JSON");
        command->callback(
            [this]
            {
                command_ = [this]
                {
                    tool::explain(file_, json_);
                    return tool::exit_fine;
                };
            });
    }

    void add_plugins()
    {
        CLI::App* command = app_.add_subcommand("plugins", "List the plug-ins that are found");
        command->add_flag("--json", list_.json, "Print JSON: an array with an object for each role");
        CLI::Option* options =
            command->add_option("--options", list_.name,
                                "Print the options as well, of all roles or of those that bear NAME "
                                "or whose plug-in does");
        options->type_name("[NAME]")->expected(0, 1);
        command->add_flag("--verbose", list_.verbose,
                          "Print every folder that was searched, who named it, and the verdict on each file");
        add_search(*command);
        command->callback(
            [this, options]
            {
                list_.options = options->count() > 0;
                command_ = [this]
                {
                    return tool::list_plugins(list_);
                };
            });
    }

    void add_reference()
    {
        CLI::App* command = app_.add_subcommand(
            "reference", "Print all that a manifest may say, as Markdown: keys, options, defaults, ranges");
        add_search(*command);
        command->callback(
            [this]
            {
                command_ = [this]
                {
                    return tool::print_reference(list_.search);
                };
            });
    }

    void add_search(CLI::App& command)
    {
        command.add_option("--search", list_.search, "Look in FOLDER first, as a manifest's `search` does")
            ->type_name("FOLDER")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }

    CLI::App app_{"Runs and checks Spaceframe manifests", "spaceframe"};
    std::function<ExitCode()> command_;
    tool::RunOptions run_;
    tool::PluginListOptions list_;
    std::string duration_;
    std::string close_within_ = "5s";
    std::string file_;
    bool json_ = false;
};

} // namespace

int main(int argc, char** argv)
{
    try
    {
        return CommandLine().execute(argc, argv);
    }
    catch (const spaceframe::ManifestError& error)
    {
        for (const std::string& problem : error.problems())
        {
            fmt::print(stderr, "error: {}\n", problem);
        }
        return error.plugin_broken() ? tool::exit_broken_plugin : tool::exit_bad_manifest;
    }
    catch (const tool::RefusedManifest& error)
    {
        fmt::print(stderr, "error: {}\n", error.what());
        return tool::exit_bad_manifest;
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "error: {}\n", error.what());
        return tool::exit_failed;
    }
}
