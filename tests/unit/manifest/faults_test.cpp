#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

using spaceframe::ManifestForm;

namespace
{

struct Problem
{
    std::string_view text; // how the message goes on behind the line
    std::array<int, 3> lines;
};

// One mistake, written in the three forms.
struct Fault
{
    const char* name;
    std::array<std::string_view, 3> texts;
    std::vector<Problem> problems; // in the order of INFO's lines
};

constexpr std::array forms{ManifestForm::info, ManifestForm::json, ManifestForm::xml};

const std::vector<Fault>& faults()
{
    static const std::vector<Fault> table{
        {"no version",
         {"kernel\n{\n}\n", "{\n\"kernel\": {}\n}", "<manifest>\n<kernel/>\n</manifest>"},
         {{"spaceframe: found nothing, expected the version of the format", {1, 1, 1}}}},
        {"another version",
         {"\nspaceframe 2\n", "{\n\"spaceframe\":\n2}", "<manifest\n spaceframe='2'/>"},
         {{"spaceframe: found the version \"2\", expected 1", {2, 2, 2}}}},
        {"an unknown section",
         {"spaceframe 1\nsokets\n{\n}\n", "{\"spaceframe\": 1,\n\n\"sokets\": {}}",
          "<manifest>\n<spaceframe>1</spaceframe>\n\n<sokets/></manifest>"},
         {{"sokets: unknown key; did you mean \"sockets\"?", {2, 3, 4}}}},
        {"a value where a block belongs",
         {"spaceframe 1\nkernel 4\n", "{\"spaceframe\": 1,\n\"kernel\": 4}",
          "<manifest spaceframe='1'>\n<kernel>4</kernel></manifest>"},
         {{"kernel: found the value \"4\", expected a block", {2, 2, 2}}}},
        {"a block where a value belongs",
         {"spaceframe 1\nkernel { threads\n{ x 1 } }",
          "{\"spaceframe\": 1,\n\"kernel\": {\n\"threads\": {\"x\": 1}}}",
          "<manifest spaceframe='1'><kernel>\n<threads x='1'/></kernel></manifest>"},
         {{"kernel.threads: found a block, expected a value", {2, 3, 2}}}},
        {"a value of the wrong type, behind multi-byte text",
         {"; größe 日本\nspaceframe 1\nkernel\n{\nthreads \"größe 😀\"\n}",
          "{\"spaceframe\": 1,\n\"kernel\": {\n\n\"threads\": \"größe 😀\"}}",
          "<!-- größe\n日本 -->\n<manifest spaceframe='1'>\n<kernel>\n<threads>größe "
          "😀</threads></kernel></manifest>"},
         {{"kernel.threads: found \"größe 😀\"", {5, 4, 5}}}},
        {"a multi-byte key",
         {"spaceframe 1\nkernel { spin 0 \"thrëads\" 1 }",
          "{\"spaceframe\": 1,\n\"kernel\": {\"spin\": 0,\n\"thrëads\": 1}}",
          "<manifest spaceframe='1'><kernel spin='0'\nthrëads='1'/></manifest>"},
         {{"kernel.thrëads: unknown key; did you mean \"threads\"?", {2, 3, 2}}}},
        {"a value out of range, in an endpoint's block",
         {"spaceframe 1\nsockets { a { pattern dealer connect\n{\nendpoint tcp://h:1\nsend_hwm -1 } } }",
          "{\"spaceframe\": 1, \"sockets\": {\"a\": {\"pattern\": \"dealer\", \"connect\":\n{\"endpoint\": "
          "\"tcp://h:1\",\n"
          "\"send_hwm\": -1}}}}",
          "<manifest spaceframe='1'><sockets><a "
          "pattern='dealer'>\n<connect\nendpoint='tcp://h:1'\n\nsend_hwm='-1'/>"
          "</a></sockets></manifest>"},
         {{"sockets.a.connect.send_hwm: found ", {5, 3, 5}}}},
        {"wrong ones among several endpoints",
         {"spaceframe 1\nsockets { a { pattern dealer\nbind tcp://h:1\nbind tpc://h:1\nbind { endpoint "
          "tcp://h:99999\n"
          "} } }",
          "{\"spaceframe\": 1, \"sockets\": {\"a\": {\"pattern\": \"dealer\", \"bind\": "
          "[\n\"tcp://h:1\",\n\"tpc://h:1\",\n"
          "{\n\"endpoint\": \"tcp://h:99999\"}]}}}",
          "<manifest spaceframe='1'><sockets><a "
          "pattern='dealer'>\n<bind>tcp://h:1</bind>\n<bind>\ntpc://h:1</bind>\n"
          "<bind\nendpoint='tcp://h:99999'/></a></sockets></manifest>"},
         {{"sockets.a.bind: no plug-in offers the transport \"tpc\"", {4, 3, 3}},
          {"sockets.a.bind.endpoint: ", {5, 5, 6}}}},
        {"an option twice",
         {"spaceframe 1\nkernel\n{\nthreads 1\nthreads 2\n}",
          "{\"spaceframe\": 1, \"kernel\": {\n\"spin\": 0,\n\"threads\": 1,\n\"threads\": 2}}",
          "<manifest "
          "spaceframe='1'><kernel>\n\n\n<threads>1</threads>\n<threads>2</threads></kernel></manifest>"},
         {{"kernel.threads: given twice, expected once; line ", {5, 4, 5}}}},
        {"a variable that is not set, in a value and in an array or a repetition",
         {"spaceframe 1\nsockets { a { pattern dealer\nsend_hwm ${SF_TEST_UNSET}\nbind tcp://h:1\nbind "
          "tcp://${SF_TEST_UNSET}:1 } }",
          "{\"spaceframe\": 1, \"sockets\": {\"a\": {\"pattern\": \"dealer\",\n\"send_hwm\": "
          "\"${SF_TEST_UNSET}\",\n"
          "\"bind\": [\"tcp://h:1\",\n\"tcp://${SF_TEST_UNSET}:1\"]}}}",
          "<manifest spaceframe='1'><sockets><a "
          "pattern='dealer'\nsend_hwm='${SF_TEST_UNSET}'>\n<bind>tcp://h:1</bind>"
          "\n<bind>tcp://${SF_TEST_UNSET}:1</bind></a></sockets></manifest>"},
         {{"sockets.a.send_hwm: environment variable SF_TEST_UNSET is not set", {3, 2, 2}},
          {"sockets.a.bind: environment variable SF_TEST_UNSET is not set", {5, 4, 4}}}},
        {"references to nothing, and what is missing",
         {"spaceframe 1\nsockets\n{\na { bind tcp://h:1 }\n}\nproxies { p\n{ front a\nback b } }",
          "{\"spaceframe\": 1,\n\"sockets\": {\n\"a\": {\"bind\": \"tcp://h:1\"}},\n\"proxies\": {\"p\": "
          "{\"front\": \"a\",\n"
          "\"back\": \"b\"}}}",
          "<manifest "
          "spaceframe='1'>\n<sockets><a\nbind='tcp://h:1'/>\n</sockets>\n<proxies><p><front>a</front>\n"
          "<back>b</back></p></proxies></manifest>"},
         {{"sockets.a: expected the key \"pattern\" in the block", {4, 3, 2}},
          {"proxies.p.back: found the socket \"b\", expected one of a", {8, 5, 6}}}},
        {"a folder that is not there",
         {"spaceframe 1\nplugins { search .\nsearch no/such }",
          "{\"spaceframe\": 1, \"plugins\": {\"search\": [\".\", \"no/such\"]}}",
          "<manifest "
          "spaceframe='1'><plugins><search>.</search>\n\n<search>no/such</search></plugins></manifest>"},
         {{"plugins.search: found \"/", {3, 1, 3}}}},
    };
    return table;
}

std::string with_crlf(std::string_view text)
{
    std::string result;
    for (const char c : text)
    {
        result += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return result;
}

void check_fault(const Fault& fault, std::size_t form, const std::string& text)
{
    CAPTURE(fault.name);
    CAPTURE(text);
    const auto outcome = fake_plugins::check(text, forms.at(form));
    CHECK(outcome.description == nullptr);
    const std::string all = fmt::format("{}", fmt::join(outcome.errors, "\n"));
    CAPTURE(all);
    REQUIRE(outcome.errors.size() == fault.problems.size());
    for (std::size_t i = 0; i < fault.problems.size(); ++i)
    {
        const Problem& problem = fault.problems[i];
        const std::string expected =
            "m.info:" + std::to_string(problem.lines.at(form)) + ": " + std::string(problem.text);
        CAPTURE(expected);
        CHECK(outcome.errors[i].starts_with(expected));
    }
}

} // namespace

TEST_CASE("a mistake is reported with the same words in each form, at its line, whatever ends the lines")
{
    unsetenv("SF_TEST_UNSET");
    for (const Fault& fault : faults())
    {
        for (std::size_t form = 0; form < forms.size(); ++form)
        {
            check_fault(fault, form, std::string(fault.texts.at(form)));
            check_fault(fault, form, "\xEF\xBB\xBF" + with_crlf(fault.texts.at(form)));
        }
    }
}

TEST_CASE("a value beside a block is refused where a form allows to write it")
{
    const std::string expected = "kernel: found the value \"4\" and a block; expected one of the two";
    CHECK(fake_plugins::check("spaceframe 1\nkernel 4 { threads 1 }").errors ==
          std::vector<std::string>{"m.info:2: " + expected});
    for (const char* kernel : {"<kernel threads='1'>4</kernel>", "<kernel>4<threads>1</threads></kernel>",
                               "<kernel><threads>1</threads>4</kernel>"})
    {
        CHECK(fake_plugins::check("<manifest spaceframe='1'>\n" + std::string(kernel) + "</manifest>",
                                  ManifestForm::xml)
                  .errors == std::vector<std::string>{"m.info:2: " + expected});
    }
}

TEST_CASE("null, and a key that a JSON object has twice, are one error each")
{
    const auto outcome = fake_plugins::check(R"({"spaceframe": 1, "kernel": null,
"sockets": {"a": {"pattern": "pull", "recv_hwm": null,
"bind": "tcp://h:1",
"bind": ["tpc://h:2", "tcp://h:3"]},
"a": {"pattern": "pig"}}})",
                                             ManifestForm::json);
    const std::string null = "found null, expected a value; leave the key out for its default";
    const std::string twice = "given twice, expected once; line ";
    const std::string remedy = " gave it first; what may be repeated is an array in JSON";
    CHECK(outcome.errors == std::vector<std::string>{
                                "m.info:1: kernel: " + null,
                                "m.info:2: sockets.a.recv_hwm: " + null,
                                "m.info:4: sockets.a.bind: " + twice + "3" + remedy,
                                "m.info:5: sockets.a: " + twice + "2" + remedy,
                            });
}

TEST_CASE("an XML element with nothing in it is an empty block or an empty value, as its place wants")
{
    const auto outcome =
        fake_plugins::check("<manifest spaceframe='1'><kernel/><sockets>\n<a><pattern>pull</pattern>"
                            "<identity/>\n<recv_hwm/></a></sockets></manifest>",
                            ManifestForm::xml);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].starts_with("m.info:3: sockets.a.recv_hwm: found \"\""));
}

TEST_CASE("a manifest without a version is told how one of its form gives it")
{
    const std::array<std::string, 3> texts{"kernel\n{\n}\n", "{\"kernel\": {}}",
                                           "<manifest><kernel/></manifest>"};
    const std::array<std::string, 3> versions{"\"spaceframe 1\"", "\"spaceframe\": 1",
                                              "<manifest spaceframe=\"1\">"};
    for (std::size_t form = 0; form < forms.size(); ++form)
    {
        const auto outcome = fake_plugins::check(texts.at(form), forms.at(form));
        REQUIRE(outcome.errors.size() == 1);
        CHECK(outcome.errors[0] ==
              "m.info:1: spaceframe: found nothing, expected the version of the format: " +
                  versions.at(form));
    }
}
